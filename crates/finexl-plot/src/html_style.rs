//! The style sheet of the report.

use crate::palette::{DARK, hex};
use std::fmt::Write;

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--page:#f6f7f9;--ink:#1b1f24;--muted:#5b6470;\
--line:#dfe3e8;--accent:#0072b2;--mark:#b45a00}\
*{box-sizing:border-box}\
body{margin:0;background:var(--page);color:var(--ink);\
font:16px/1.55 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,'Liberation Sans',sans-serif}\
main{max-width:940px;margin:0 auto;padding:32px 20px 56px}\
*+header{margin-top:3rem}\
header p{margin:0;color:var(--muted);overflow-wrap:anywhere}\
h1{font-size:1.65rem;line-height:1.3;font-weight:650;margin:.35rem 0 1.1rem;\
overflow-wrap:anywhere;text-wrap:pretty}\
h2{font-size:1.12rem;font-weight:650;margin:2.2rem 0 .7rem}\
dl.facts{display:flex;flex-wrap:wrap;gap:10px;margin:0 0 1.4rem}\
dl.facts div{background:var(--paper);border:1px solid var(--line);border-radius:8px;\
padding:8px 14px;min-width:120px}\
dl.facts dt{color:var(--muted);font-size:.8rem}\
dl.facts dd{margin:0;font-weight:600;overflow-wrap:anywhere}\
.panel{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:12px;\
overflow-x:auto}\
figure{margin:0}\
.chart svg{display:block;width:100%;min-width:600px;height:auto}\
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
th,td{padding:7px 10px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}\
thead th{color:var(--muted);font-size:.84rem;font-weight:600;white-space:nowrap}\
tbody tr:last-child>*{border-bottom:0}\
tbody th{font-weight:600;overflow-wrap:break-word}\
td.number,th.number{text-align:right;white-space:nowrap}\
tr.faint>*{color:var(--muted);font-weight:400}\
tr.ours>*{background:color-mix(in srgb,var(--accent) 12%,transparent);font-weight:650}\
span.range,span.published{display:block;font-size:.76rem;font-weight:400}\
span.range{color:var(--muted)}\
span.published{color:var(--mark)}\
div.panel+div.panel,.panel+.chart{margin-top:14px}\
.small{color:var(--muted);font-size:.88rem}\
.pairs{display:grid;grid-template-columns:repeat(auto-fit,minmax(270px,1fr));gap:16px}\
.pair .both{display:grid;grid-template-columns:1fr 1fr;gap:8px}\
.pair .both div{min-width:0}\
.under{position:relative}\
.map{position:absolute;inset:0;width:100%;height:100%;visibility:hidden;fill:#e69f00;opacity:.5}\
.where:checked~.pairs .map{visibility:visible}\
.where+label{font-size:.9rem;cursor:pointer}\
.where~.pairs{margin-top:.6rem}\
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(120px,1fr));gap:12px}\
.maps svg{display:block;width:100%;aspect-ratio:1;fill:var(--accent);border:1px solid var(--line);border-radius:4px}\
.maps figcaption{margin-top:6px;font-size:.85rem;overflow-wrap:anywhere}\
.maps figcaption b{display:block}\
.small-pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:12px;margin-top:10px}\
.small-pairs figure>div{display:grid;grid-template-columns:1fr 1fr;gap:3px}\
.small-pairs img{display:block;width:100%;height:auto;border-radius:3px}\
.small-pairs figcaption{font-size:.78rem;color:var(--muted);overflow-wrap:anywhere}\
.pair img{display:block;width:100%;height:auto;border-radius:6px;border:1px solid var(--line)}\
.pair span{display:block;color:var(--muted);font-size:.8rem;margin-bottom:2px}\
.pair figcaption{margin-top:8px;font-size:.92rem;overflow-wrap:anywhere}\
.pair figcaption b{display:block}\
details{margin-top:1.2rem}\
summary{cursor:pointer;color:var(--muted)}\
details dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;font-size:.85rem;margin:0}\
details dt{color:var(--muted)}\
details dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,monospace}\
details .panel{margin-top:10px}\
@media (max-width:640px){th,td{padding:6px;font-size:.85rem}h1{font-size:1.35rem}}\
@media print{body{background:#fff}.panel,.pair{break-inside:avoid}}\
";

const NIGHT: &str = ":root{--paper:#161b22;--page:#0d1117;--ink:#e8ebef;--muted:#a3acb8;\
--line:#2c333d;--accent:#2f86c6;--mark:#f0a050}";

/// The whole style sheet. On dark pages the chart is recoloured by the colours it was drawn in,
/// so the same SVG stays readable where no style sheet reaches it.
pub(crate) fn style() -> String {
    let mut style = format!("{STYLE}@media screen and (prefers-color-scheme:dark){{{NIGHT}");
    for (light, dark) in DARK {
        let light = hex(light);
        let _ = write!(
            style,
            ".chart [fill=\"{light}\"]{{fill:{dark}}}.chart [stroke=\"{light}\"]{{stroke:{dark}}}"
        );
    }
    style + "}"
}
