//! What all pages begin and end with.

use crate::html_style::style;

/// From the first line to the opening of the page's content; `title` is escaped already. The page may
/// run no script and load nothing.
pub(crate) fn opening(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
        style()
    )
}

/// The end of a page.
pub(crate) const CLOSING: &str = "</main>\n</body>\n</html>\n";
