//! A gallery of an index: static pages, or the same behind a server on this machine.

mod assets;
mod content;
mod http;
mod models_data;
mod server;
mod site;
mod telling_pairs;

pub use content::Gallery;
pub use server::{GalleryServer, ServerLimits};
pub use site::{Site, write_site};
