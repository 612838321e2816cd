//! What the pictures of one side show and those of the other do not, and pairs that are none.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox};
use image::{Rgb, RgbImage};

/// Words of the notes that pictures in order must not raise.
const NEVER: [&str; 7] = [
    "bars of one colour",
    "same thing at the same place",
    "nothing but noise",
    "hardly differ",
    "look almost like",
    "next to nothing in common",
    "far better",
];

/// Scenes and the same pixelated.
struct Scenes {
    sandbox: Sandbox,
    names: Vec<String>,
}

impl Scenes {
    fn new(count: usize) -> Self {
        let sandbox = Sandbox::new();
        sandbox.succeeds(&format!(
            "data render base --scenes {count} --size 96 --quiet"
        ));
        sandbox.succeeds("data stylize base personalized --aspect pixelated=0.5 --quiet");
        let names = sandbox.names("base").into_iter();
        let names = names.filter(|name| name.ends_with(".png")).collect();
        Self { sandbox, names }
    }

    fn picture(&self, side: &str, at: usize) -> RgbImage {
        let path = self.sandbox.path(side).join(&self.names[at]);
        image::open(path).unwrap().into_rgb8()
    }

    fn put(&self, side: &str, at: usize, picture: &RgbImage) {
        self.sandbox
            .save(&format!("{side}/{}", self.names[at]), picture);
    }

    /// Changes a picture of the personalized side.
    fn change(&self, at: usize, how: impl Fn(RgbImage) -> RgbImage) {
        self.put("personalized", at, &how(self.picture("personalized", at)));
    }

    #[track_caller]
    fn notes(&self) -> String {
        self.sandbox.succeeds(&format!("{EXPLAIN} --json out.json"));
        self.sandbox.json("out.json")["notes"].to_string()
    }

    /// Explains; the notes hold these words, and of [`NEVER`] nothing else.
    #[track_caller]
    fn says(&self, words: &[&str]) {
        let said = self.notes();
        for word in words {
            assert!(said.contains(word), "{word:?} is missing in {said}");
        }
        for word in NEVER {
            let meant = words.iter().any(|words| words.contains(word));
            assert!(meant || !said.contains(word), "{word:?} in {said}");
        }
        // From the cache the same is said.
        assert_eq!(self.notes(), said);
    }
}

fn with_bars(mut picture: RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    for y in (0..10).chain(height - 10..height) {
        (0..width).for_each(|x| picture.put_pixel(x, y, Rgb([0, 0, 0])));
    }
    picture
}

fn with_logo(mut picture: RgbImage) -> RgbImage {
    for (x, y) in (60..90).flat_map(|x| (70..90).map(move |y| (x, y))) {
        let shade = if x % 4 < 2 { 255 } else { 20 };
        picture.put_pixel(x, y, Rgb([shade; 3]));
    }
    picture
}

fn noise(seed: u32) -> RgbImage {
    let mut state = seed * 2_654_435 + 1;
    RgbImage::from_fn(96, 96, |_, _| {
        Rgb(std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    })
}

#[test]
fn pictures_in_order_say_nothing() {
    Scenes::new(10).says(&[]);
}

#[test]
fn bars_on_one_side() {
    let scenes = Scenes::new(8);
    (0..3).for_each(|at| scenes.change(at, with_bars));
    scenes.says(&[
        "pictures of the personalized model have bars of one colour at the edges (top 10, bottom 10 pixels",
        "their partners have not",
    ]);
    // On both sides they are no change.
    for at in 0..3 {
        scenes.put("base", at, &with_bars(scenes.picture("base", at)));
    }
    scenes.says(&[]);
}

#[test]
fn a_logo_on_one_side() {
    let scenes = Scenes::new(8);
    (0..8).for_each(|at| scenes.change(at, with_logo));
    scenes.says(&[
        "pictures of the personalized model have the same thing at the same place",
        "a watermark, a logo",
    ]);
}

#[test]
fn generations_that_failed() {
    let scenes = Scenes::new(8);
    for at in [1, 4] {
        scenes.put("personalized", at, &noise(at as u32));
    }
    let said = scenes.notes();
    assert!(
        said.contains("2 of 8 pictures of the personalized model are nothing but noise (0000"),
        "{said}"
    );
}

#[test]
fn pairs_that_hardly_differ_and_pictures_that_are_nearly_others() {
    let scenes = Scenes::new(8);
    for at in [2, 5] {
        let mut same = scenes.picture("base", at);
        same.put_pixel(3, 3, Rgb([9, 9, 9]));
        scenes.put("personalized", at, &same);
    }
    scenes.says(&["in 2 of 8 pairs the two pictures hardly differ, by at most 0.1 of 255"]);
    let scenes = Scenes::new(8);
    let mut copy = scenes.picture("personalized", 6);
    copy.put_pixel(3, 3, Rgb([9, 9, 9]));
    scenes.put("personalized", 7, &copy);
    let said = scenes.notes();
    assert!(
        said.contains(
            "2 of 8 pictures of the personalized model look almost like another one of theirs"
        ),
        "{said}"
    );
}

#[test]
fn pairs_of_other_things() {
    let scenes = Scenes::new(14);
    let sandbox = &scenes.sandbox;
    sandbox.succeeds("data render others --scenes 12 --size 96 --seed 77 --quiet");
    let others: Vec<String> = (sandbox.names("others").into_iter())
        .filter(|name| name.ends_with(".png"))
        .collect();
    let other = image::open(sandbox.path("others").join(&others[9]));
    scenes.put("personalized", 9, &other.unwrap().into_rgb8());
    let said = scenes.notes();
    assert!(
        said.contains("in 1 of 14 pairs the two pictures have next to nothing in common"),
        "{said}"
    );
    assert!(!said.contains("hardly differ"), "{said}");
}

#[test]
fn one_picture_many_times() {
    let scenes = Scenes::new(8);
    for side in ["base", "personalized"] {
        let one = scenes.picture(side, 0);
        for at in 1..8 {
            let mut copy = one.clone();
            copy.put_pixel(at as u32, 2, Rgb([7, 7, 7]));
            scenes.put(side, at, &copy);
        }
    }
    let said = scenes.notes();
    assert!(
        said.contains("8 of 8 pictures of the base look almost like"),
        "{said}"
    );
    assert!(!said.contains("no more alike"), "{said}");
}

#[test]
fn pictures_that_were_turned() {
    let scenes = Scenes::new(8);
    for at in 0..8 {
        let picture = scenes.picture("personalized", at);
        scenes.put("personalized", at, &image::imageops::rotate180(&picture));
    }
    let said = scenes.notes();
    assert!(
        said.contains("fits the base's far better upside down"),
        "{said}"
    );
}
