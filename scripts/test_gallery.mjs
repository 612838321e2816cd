// Looks at a gallery as a person does: searches, filters, compares, opens a model, by mouse and keyboard, at the width of a
// phone and of a desk, dark and light, and with axe-core.
//
//   scripts/test_gallery.sh target/debug/finexl     # makes a gallery, brings node and packages, and runs this
//   node scripts/test_gallery.mjs site              # or http://127.0.0.1:8017/ of `finexl gallery --serve`
//
// playwright-core and axe-core are looked for from the folder that it is run in.
//
// CHROMIUM names the browser (default /usr/bin/chromium), PICTURES a folder for what it saw.

import { createRequire } from 'node:module';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');

const asked = process.argv[2];
if (!asked) {
  console.error('usage: node scripts/test_gallery.mjs SITE|ADDRESS');
  process.exit(2);
}
const address = /^https?:/.test(asked) ? asked : pathToFileURL(join(resolve(asked), 'index.html')).href;
const pictures = process.env.PICTURES;
if (pictures && !existsSync(pictures)) mkdirSync(pictures, { recursive: true });

let failed = 0;
function check(what, right, found = '') {
  console.log(`${right ? 'ok    ' : 'FAILED'} ${what} ${found}`);
  failed += right ? 0 : 1;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

async function open(width, height, scheme) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, bypassCSP: false });
  const page = await context.newPage();
  page.problems = [];
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith('data:') && !url.startsWith(new URL('.', address).href)) page.problems.push(`asks for ${url}`);
  });
  await page.goto(address);
  await page.waitForSelector('#cards li');
  return page;
}

async function violations(page, what) {
  // What the page's policy forbids a script tag may be evaluated by the test.
  await page.evaluate(require('node:fs').readFileSync(axe, 'utf8'));
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], preload: false }));
  const said = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`);
  check(`axe finds nothing: ${what}`, said.length === 0, said.join(' | '));
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

const counted = async (page) => Number((await page.textContent('#count')).match(/\d+/)[0]);

async function desk() {
  const page = await open(1280, 860, 'light');
  const all = await counted(page);
  const drawn = await page.locator('#cards li').count();
  check('only cards near the window are drawn', all < 60 || drawn < 60, `${drawn} of ${all}`);
  await page.waitForTimeout(300);
  await picture(page, 'desk');
  await violations(page, 'grid');

  const title = await page.locator('#cards h2').first().textContent();
  await page.fill('#words', title);
  await page.waitForTimeout(400);
  const found = await counted(page);
  check('a search by name finds its model', found >= 1 && found <= all, `${found} of ${all}`);
  check('and shows it', (await page.locator('#cards h2').allTextContents()).includes(title));
  await page.fill('#words', 'nothing has such a name');
  await page.waitForTimeout(400);
  check('a search for nothing finds nothing', (await counted(page)) === 0);
  await page.click('#clear');
  check('clearing shows all', (await counted(page)) === all);

  const slider = page.locator('#sliders input[type=range]').first();
  await slider.focus();
  for (let step = 0; step < 8; step += 1) await page.keyboard.press('ArrowRight');
  const strong = await counted(page);
  check('a slider leaves fewer', strong < all, `${strong} of ${all}`);
  check('and says what it asks for', /at least/.test(await slider.getAttribute('aria-valuetext')));
  await picture(page, 'desk-filtered');
  await page.locator('#sliders select').first().selectOption('most');
  check('at most is the rest', (await counted(page)) >= all - strong, `${await counted(page)}`);
  await page.click('#clear');

  await page.selectOption('#sort', 'size');
  const first = await page.locator('#cards h2').first().textContent();
  await page.selectOption('#sort', 'title');
  check('orders differ', all < 3 || first !== (await page.locator('#cards h2').first().textContent()));

  await page.locator('#cards a').first().focus();
  await page.keyboard.press('ArrowRight');
  const second = await page.evaluate(() => document.activeElement.textContent);
  check('arrows go from card to card', second === (await page.locator('#cards h2').nth(1).textContent()), second);
  for (let step = 0; step < 40; step += 1) await page.keyboard.press('ArrowDown');
  check('and to the last', await page.evaluate(() => document.activeElement.closest('#cards') !== null));

  await page.goto(`${address}#/`);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForTimeout(200);
  const boxes = page.locator('#cards input[type=checkbox]');
  check('one model cannot be compared', (await boxes.nth(0).check(), await page.isDisabled('#compare')));
  await boxes.nth(1).check();
  await boxes.nth(2).check();
  await page.click('#compare');
  await page.waitForSelector('#page svg[role=img]');
  check('three stand side by side', (await page.locator('.legend li').count()) === 3);
  check('every row of the table has three', (await page.locator('#page tbody tr').first().locator('td').count()) === 3);
  await picture(page, 'desk-comparison');
  await violations(page, 'comparison');

  await page.locator('.legend a').first().click();
  await page.locator('#page h2').nth(1).waitFor();
  const name = await page.textContent('#page h1');
  check('a model has a page', name.length > 0, name);
  await page.waitForTimeout(600);
  check('its similar models come', /alike/.test(await page.textContent('#page')));
  await picture(page, 'desk-model');
  await violations(page, 'model');
  await page.goBack();
  await page.goBack();
  await report(page);
  check('back leads back', (await page.isVisible('#browse')) && (await boxes.nth(0).isChecked()));
  check('nothing is wrong, and nothing is loaded from elsewhere', page.problems.length === 0, page.problems.join(' | '));
  await page.context().close();
}

// The page of a model with a report shows its telling pairs.
async function report(page) {
  const id = await page.evaluate(() => window.FINEXL_GALLERY.models.find((model) => model.r && model.p)?.i);
  if (!id) return;
  await page.goto(`${address}#/model/${id}`);
  await page.locator('#page figure.pair img[src^="data:"]').first().waitFor();
  await page.waitForTimeout(300);
  const pairs = await page.locator('#page figure.pair').count();
  check('a model with a report shows its telling pairs', pairs >= 1 && pairs <= 3, `${pairs}`);
  const drawn = await page.locator('#page figure.pair img').evaluateAll((all) => all.every((one) => one.naturalWidth > 0));
  check('and they are pictures', drawn);
  check('and its report', await page.isVisible(`a[href="reports/${id}.html"]`));
  await picture(page, 'desk-report');
  await violations(page, 'model with pairs');
  await page.setViewportSize({ width: 390, height: 800 });
  await picture(page, 'phone-report');
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.goBack();
}

async function phone() {
  const page = await open(390, 800, 'dark');
  await page.waitForTimeout(300);
  await picture(page, 'phone');
  const wide = async () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  check('a phone need not be moved sideways', (await wide()) <= 0, `${await wide()}`);
  await violations(page, 'phone, dark');
  await page.click('#filters summary');
  await page.waitForTimeout(200);
  await picture(page, 'phone-filters');
  await violations(page, 'phone, filters');
  await page.click('#filters summary');
  await page.locator('#cards a').first().click();
  await page.waitForSelector('#page h1');
  await page.waitForTimeout(600);
  await picture(page, 'phone-model');
  check('nor for the page of a model', (await wide()) <= 0, `${await wide()}`);
  await violations(page, 'phone, model');
  check('nothing is wrong on a phone', page.problems.length === 0, page.problems.join(' | '));
  await page.context().close();
}

async function live() {
  const page = await open(1280, 860, 'light');
  if (await page.isVisible('#mode-box')) {
    await page.selectOption('#mode', 'words');
    const all = await counted(page);
    await page.fill('#words', 'darker, not pixelated');
    await page.waitForSelector('#said:not([hidden])');
    check('words are understood', /Looked for: dark/.test(await page.textContent('#said')), await page.textContent('#said'));
    check('and rank all models', (await counted(page)) === all);
    await page.fill('#words', 'quixotic');
    await page.locator('#said', { hasText: 'quixotic' }).waitFor();
    check('what is not understood is said', (await counted(page)) === 0);
  }
  await page.context().close();
}

await desk();
await phone();
await live();
await browser.close();
console.log(failed ? `${failed} failed` : 'all right');
process.exit(failed ? 1 : 0);
