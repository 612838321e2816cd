//! The pictures of a page: the pairs that tell most, and all of them to unfold.

use crate::html_maps::overlay;
use crate::text::{self, html};
use data_encoding::BASE64;
use std::fmt::Write;

/// The pairs of a page.
#[derive(Clone, Debug, Default)]
pub struct PagePairs<'a> {
    /// Those that show the leading aspects most.
    pub telling: Vec<TellingPair<'a>>,
    /// All of them, or as many as a page should hold.
    pub all: Vec<SmallPair<'a>>,
    /// How many there are.
    pub count: usize,
}

/// A pair of images that shows what the numbers say.
#[derive(Clone, Debug)]
pub struct TellingPair<'a> {
    /// Name of the pair.
    pub name: String,
    /// Prompt of both images, where known.
    pub prompt: Option<String>,
    /// Image of the base, as a PNG file.
    pub base_png: &'a [u8],
    /// Image of the personalized model, as a PNG file.
    pub personalized_png: &'a [u8],
    /// Why it is shown, e.g. "most pixelated".
    pub note: String,
    /// Where in the pictures that aspect shows.
    pub map: Option<PictureMap<'a>>,
}

/// How strongly an aspect shows in every place of a picture, on a grid.
#[derive(Clone, Copy, Debug)]
pub struct PictureMap<'a> {
    /// Places from left to right.
    pub columns: usize,
    /// Row by row from the upper left.
    pub values: &'a [f32],
}

/// A pair among many.
#[derive(Clone, Debug)]
pub struct SmallPair<'a> {
    /// Name of the pair.
    pub name: String,
    /// Small image of the base, as a JPEG file.
    pub base_jpeg: &'a [u8],
    /// Small image of the personalized model.
    pub personalized_jpeg: &'a [u8],
}

pub(crate) fn telling_pairs(pairs: &[TellingPair<'_>]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let mut section = String::from("<section>\n<h2>Telling pairs</h2>\n");
    if pairs.iter().any(|pair| pair.map.is_some()) {
        section += "<input type=\"checkbox\" id=\"where\" class=\"where\">\
                    <label for=\"where\"> Show where the aspect shows</label>\n";
    }
    section += "<div class=\"pairs\">\n";
    for pair in pairs {
        let said = html(pair.prompt.as_deref().unwrap_or(&pair.name));
        let map = pair.map.map_or_else(String::new, overlay);
        let _ = write!(
            section,
            "<figure class=\"panel pair\">\n<div class=\"both\">\n{}{}</div>\n\
             <figcaption><b>{}</b>{said}</figcaption>\n</figure>\n",
            picture("base", &said, pair.base_png, ""),
            picture("personalized", &said, pair.personalized_png, &map),
            html(&pair.note),
        );
    }
    section + "</div>\n</section>\n"
}

/// One image with what lies over it; `said` is escaped already.
fn picture(side: &str, said: &str, png: &[u8], over: &str) -> String {
    format!(
        "<div><span>{side}</span><div class=\"under\"><img alt=\"{side}: {said}\" src=\"data:image/png;base64,{}\">{over}</div>\
         </div>\n",
        BASE64.encode(png)
    )
}

pub(crate) fn all_pairs(pairs: &PagePairs<'_>) -> String {
    if pairs.all.is_empty() {
        return String::new();
    }
    let (shown, count) = (pairs.all.len(), pairs.count);
    let title = match shown == count {
        true => format!("All {}", text::count(count, "pair")),
        false => format!("{shown} of {}", text::count(count, "pair")),
    };
    let mut section =
        format!("<details>\n<summary>{title}</summary>\n<div class=\"small-pairs\">\n");
    for pair in &pairs.all {
        let name = html(&pair.name);
        let image = |side: &str, jpeg: &[u8]| {
            format!(
                "<img alt=\"{side}: {name}\" src=\"data:image/jpeg;base64,{}\">",
                BASE64.encode(jpeg)
            )
        };
        let _ = writeln!(
            section,
            "<figure><div>{}{}</div><figcaption>{name}</figcaption></figure>",
            image("base", pair.base_jpeg),
            image("personalized", pair.personalized_jpeg),
        );
    }
    section + "</div>\n</details>\n"
}
