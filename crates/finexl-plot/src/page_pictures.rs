//! The telling pairs of a page that [`crate::html_report`] wrote, read back.

use data_encoding::BASE64;

/// A pair on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePicture {
    /// Why it is shown, e.g. "most pixelated".
    pub note: String,
    /// Its prompt, or its name.
    pub said: String,
    /// Image of the base, as a PNG file.
    pub base_png: Vec<u8>,
    /// Image of the personalized model.
    pub personalized_png: Vec<u8>,
}

/// The pairs of a page in their order; none of what is no such page.
pub fn page_pictures(page: &str) -> Vec<PagePicture> {
    let figures = page.split("<figure class=\"panel pair\">").skip(1);
    figures.filter_map(picture).collect()
}

fn picture(figure: &str) -> Option<PagePicture> {
    let figure = figure.split("</figure>").next()?;
    let mut images = figure.split("src=\"data:image/png;base64,").skip(1);
    let mut image = || {
        let digits = images.next()?.split('"').next()?;
        BASE64.decode(digits.as_bytes()).ok()
    };
    let [base_png, personalized_png] = [image()?, image()?];
    let caption = figure.split("<figcaption><b>").nth(1)?;
    let (note, said) = caption.split_once("</b>")?;
    Some(PagePicture {
        note: plain(note),
        said: plain(said.split("</figcaption>").next()?),
        base_png,
        personalized_png,
    })
}

/// The text that [`crate::text::html`] made this of.
fn plain(html: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    (named.iter()).fold(html.to_string(), |text, (name, sign)| {
        text.replace(name, sign)
    })
}
