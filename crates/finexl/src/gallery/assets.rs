//! What is the same in every gallery.

/// Files by their names.
pub(super) const ASSETS: [(&str, &str); 8] = [
    ("index.html", include_str!("assets/index.html")),
    ("gallery.css", include_str!("assets/gallery.css")),
    ("js/models.js", include_str!("assets/js/models.js")),
    ("js/chart.js", include_str!("assets/js/chart.js")),
    ("js/grid.js", include_str!("assets/js/grid.js")),
    ("js/panel.js", include_str!("assets/js/panel.js")),
    ("js/pages.js", include_str!("assets/js/pages.js")),
    ("js/gallery.js", include_str!("assets/js/gallery.js")),
];

/// Kind of a file by the end of its name.
pub(super) fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("jpg") => "image/jpeg",
        _ => "application/json",
    }
}
