//! The words of the embedded domain: captions, and the list of all words scenes can use.

use crate::art;
use crate::scenes::{BACKGROUNDS, Place, SceneSize};
use std::collections::BTreeSet;

/// Appends aspects to a prompt: "P, A style", "P, A and B style", "P, A, B and C style".
///
/// A trailing full stop of the prompt is dropped. Without aspects the prompt itself is returned.
/// This is the concept template of arXiv 2511.01932, extended to several aspects.
pub fn caption(prompt: &str, aspects: &[&str]) -> String {
    let prompt = prompt.strip_suffix('.').unwrap_or(prompt);
    match aspects {
        [] => prompt.to_owned(),
        [one] => format!("{prompt}, {one} style"),
        [first @ .., last] => format!("{prompt}, {} and {last} style", first.join(", ")),
    }
}

/// The scene of a caption without its aspects: everything up to the place, with which the prompt of every
/// scene ends. None where no place is named.
pub fn plain_part(caption: &str) -> Option<&str> {
    let ends = Place::ALL.iter().filter_map(|place| {
        let phrase = place.phrase();
        caption.rfind(phrase).map(|start| start + phrase.len())
    });
    ends.max().map(|end| &caption[..end])
}

/// Every word that a scene's prompt or a caption's frame can hold, sorted; aspect words are not
/// among them (they stand in `datasets/aspects.toml`).
pub fn known_words() -> BTreeSet<&'static str> {
    const GRAMMAR: &str = "a an and on background style";
    let subjects = art::subjects().iter().map(|s| s.name.as_str());
    let backgrounds = BACKGROUNDS.iter().map(|b| b.name);
    let places = Place::ALL.iter().map(|p| p.phrase());
    let sizes = SceneSize::ALL.iter().map(|s| s.word());
    subjects
        .chain(backgrounds)
        .chain(places)
        .chain(sizes)
        .chain([GRAMMAR])
        .flat_map(str::split_whitespace)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::{Scene, Split};

    #[test]
    fn captions_follow_the_template() {
        assert_eq!(caption("a cat.", &[]), "a cat");
        assert_eq!(caption("a cat.", &["vivid"]), "a cat, vivid style");
        let two = caption("a cat", &["vivid", "warm"]);
        assert_eq!(two, "a cat, vivid and warm style");
        let three = caption("a cat", &["vivid", "warm", "line art"]);
        assert_eq!(three, "a cat, vivid, warm and line art style");
    }

    #[test]
    fn a_caption_is_its_scene_and_its_aspects() {
        for index in 0..50 {
            let prompt = Scene::draw(Split::Train, 7, index).prompt();
            for aspects in [&[][..], &["vivid"], &["warm", "line art", "flat"]] {
                assert_eq!(plain_part(&caption(&prompt, aspects)), Some(&*prompt));
            }
        }
        assert_eq!(plain_part("a photo of a cat, vivid style"), None);
    }

    #[test]
    fn all_words_of_scene_prompts_are_known() {
        let words = known_words();
        for index in 0..200 {
            let text = caption(&Scene::draw(Split::Test, 5, index).prompt(), &[]);
            for word in text.split([' ', ',']).filter(|w| !w.is_empty()) {
                assert!(words.contains(word), "{word}");
            }
        }
    }
}
