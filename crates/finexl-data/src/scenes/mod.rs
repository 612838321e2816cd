//! Scenes: one or two subjects on a coloured background, as a prompt and as an image.

mod compose;
mod folders;
mod scene;
mod split;
mod words;

pub use folders::{MANIFEST, render_scenes, render_subjects, write_manifest};
pub use scene::Scene;
pub use split::Split;
pub use words::{BACKGROUNDS, Background, Place, SceneSize};
