//! The errors of this crate: what is wrong, in which file, and what to do about it.

use finexl_core::CoreError;
use finexl_core::counting::counted;
use std::path::PathBuf;

/// What can go wrong with images, folders, manifests, art and aspects.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error(transparent)]
    Core(#[from] CoreError),

    /// The content of a file is none of the known image formats.
    #[error(
        "{path} is not an image of a known format; \
         re-export it as PNG, JPEG, WebP, BMP, GIF or TIFF, or leave it out with --skip-bad"
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },

    /// An image has more pixels than are decoded.
    #[error(
        "{path} has {width} x {height} pixels, more than the {limit} that are decoded; \
         scale it down (512 x 512 is ample), allow more with --max-pixels, or leave it out with --skip-bad"
    )]
    ImageTooLarge {
        /// The file.
        path: PathBuf,
        /// Columns, as stored.
        width: u32,
        /// Rows, as stored.
        height: u32,
        /// Largest accepted number of pixels.
        limit: u64,
    },

    /// An image is longer than is decoded, or far longer than wide.
    #[error(
        "{path} has {width} x {height} pixels; decoded are sides of at most {longest}, the longer at most \
         {ratio} times the shorter. Cut it into pictures, or leave it out with --skip-bad"
    )]
    ImageTooLong {
        /// The file.
        path: PathBuf,
        /// Columns, as stored.
        width: u32,
        /// Rows, as stored.
        height: u32,
        /// Longest accepted side.
        longest: u32,
        /// Most that a side may be times the other.
        ratio: u32,
    },

    /// The content of a file is of a format that is known and not read.
    #[error(
        "{path} holds {format}, which is not read, whatever its name; \
         re-export it as PNG, JPEG, WebP, BMP, GIF or TIFF, or leave it out with --skip-bad"
    )]
    FormatNotRead {
        /// The file.
        path: PathBuf,
        /// The format that its content shows.
        format: &'static str,
    },

    /// A file is longer than any image that is accepted.
    #[error(
        "{path} is longer than the {limit} bytes that are read; \
         scale the image down or compress it, or leave it out with --skip-bad"
    )]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Largest accepted length.
        limit: u64,
    },

    /// An image is too small to show anything.
    #[error(
        "{path} has {width} x {height} pixels, too few to be compared (at least \
         {smallest} x {smallest}); export it larger, or leave it out with --skip-bad"
    )]
    ImageTooSmall {
        /// The file.
        path: PathBuf,
        /// Columns, as stored.
        width: u32,
        /// Rows, as stored.
        height: u32,
        /// Smallest accepted side.
        smallest: u32,
    },

    /// An image is cut off or damaged, or of a kind that the decoders do not know.
    #[error("{path} cannot be decoded: {reason}; re-export it, or leave it out with --skip-bad")]
    CorruptImage {
        /// The file.
        path: PathBuf,
        /// What the decoder met.
        reason: String,
    },

    /// An image could not be turned into PNG bytes.
    #[error(
        "{path}: an image of {width} x {height} pixels cannot be stored as PNG: {reason}; report this as a defect"
    )]
    EncodeImage {
        /// The file to be written.
        path: PathBuf,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// What the encoder said.
        reason: String,
    },

    /// A codec refused to write or read back an image in memory.
    #[error("the {what} codec failed: {message}; use images of at most 65,535 pixels a side")]
    Codec {
        /// Which format.
        what: &'static str,
        /// What the codec said.
        message: String,
    },

    /// A folder of images is not there or is a file.
    #[error("{path} is not a folder; give the folder that holds the images")]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },

    /// A folder holds no images.
    #[error(
        "{path} holds no images{left_out}; put PNG, JPEG, WebP, BMP, GIF or TIFF files there, \
         or give another folder"
    )]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
        /// What it holds that was left out, each note after a semicolon.
        left_out: String,
    },

    /// A pattern of `--exclude` that is none.
    #[error(
        "--exclude {pattern} is no pattern: {reason}; write for example 'grid-*' or 'test/**', and [[] for a bracket"
    )]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A link leads to a folder that it lies in.
    #[error("{link} is a link that leads back to a folder that it lies in; remove it")]
    CircularLink {
        /// The link.
        link: PathBuf,
    },

    /// A link leads nowhere.
    #[error(
        "{link} is a link to something that is not there; mend or remove it, or leave it out with --skip-bad"
    )]
    DanglingLink {
        /// The link.
        link: PathBuf,
    },

    /// Two files have names that only differ in how Unicode writes them.
    #[error(
        "{first} and {second} have the same name, written in two ways that Unicode has for it; rename or remove one, \
         or leave both out with --skip-bad"
    )]
    SameUnicodeName {
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },

    /// Two folders share no image name.
    #[error(
        "{base} and {personalized} have no image name in common: {base_examples} against \
         {personalized_examples}, and their files do not say what belongs together{reason}; give both images of a \
         pair the same name (extensions may differ), pair them by the order of their names with --pair order, or \
         give --prompts a manifest with the columns prompt,base,personalized"
    )]
    NoCommonNames {
        /// Folder of the base model's images.
        base: PathBuf,
        /// Folder of the personalized model's images.
        personalized: PathBuf,
        /// Some names of the first folder.
        base_examples: String,
        /// Some names of the second folder.
        personalized_examples: String,
        /// What the files say that stands in the way, after a semicolon.
        reason: String,
    },

    /// No image of one side has the prompt and seed of one of the other.
    #[error(
        "no image in {base} has the prompt and seed of one in {personalized}; prompt and seed are known of {} images \
         and of {}; pair them by --pair name or order, or by a manifest",
        known[0], known[1]
    )]
    NoCommonGeneration {
        /// Folder of the base model's images.
        base: PathBuf,
        /// Folder of the personalized model's images.
        personalized: PathBuf,
        /// Of how many images prompt and seed are known, on either side.
        known: [String; 2],
    },

    /// Two images of one name were made from something else, as their files say.
    #[error(
        "{base} and {personalized} have the same name, but {what}, as their files say; generate both from the same \
         prompt and seed, or pair them all the same with --pair name"
    )]
    Contradiction {
        /// Image of the base model.
        base: PathBuf,
        /// Image of the personalized model.
        personalized: PathBuf,
        /// What differs.
        what: String,
    },

    /// Prompt and seed do not tell images apart.
    #[error(
        "images of one prompt and seed: {base} in {}, but {personalized} in {}; remove what is too many, or leave \
         them out with --skip-bad",
        folders[0].display(), folders[1].display()
    )]
    UnevenGeneration {
        /// The folders.
        folders: [PathBuf; 2],
        /// Images of the base model.
        base: String,
        /// Images of the personalized model.
        personalized: String,
    },

    /// Sides that are to be paired by order have different numbers of images.
    #[error(
        "{base} holds {} and {personalized} {personalized_images}, so their order does not say what \
         belongs together; give both as many, or leave some out with --exclude",
        counted(*base_images, "image")
    )]
    OrderCounts {
        /// Folder of the base model's images.
        base: PathBuf,
        /// How many it holds.
        base_images: usize,
        /// Folder of the personalized model's images.
        personalized: PathBuf,
        /// How many it holds.
        personalized_images: usize,
    },

    /// Lists of pictures in memory have different lengths.
    #[error(
        "{base} holds {} and {personalized} {personalized_images}; give one of each for every pair, in one order",
        counted(*base_images, "picture")
    )]
    ListCounts {
        /// What the base's list is called.
        base: PathBuf,
        /// How many it holds.
        base_images: usize,
        /// What the personalized model's list is called.
        personalized: PathBuf,
        /// How many it holds.
        personalized_images: usize,
    },

    /// A file name cannot be written as text.
    #[error(
        "{path}: the name of this file is not UTF-8 (\u{fffd} stands for what cannot be read); \
         rename it, or leave it out with --skip-bad"
    )]
    NameNotUtf8 {
        /// The file; its display form is lossy.
        path: PathBuf,
    },

    /// Two images of one folder have the name of one in the other.
    #[error(
        "{first} and {second} both have the name of {partner} but for the extension or case, so the pair is \
         ambiguous; rename or remove one, or leave them out with --skip-bad"
    )]
    AmbiguousName {
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The image that one of them would be paired with.
        partner: PathBuf,
    },

    /// The two images of a pair have different shapes.
    #[error(
        "{base} ({base_size}) and {personalized} ({personalized_size}) differ in shape; \
         make both with the same width and height, bring them to one shape with --fit crop or --fit pad, or leave \
         the pair out with --skip-bad"
    )]
    ShapesDiffer {
        /// Image of the base model.
        base: PathBuf,
        /// Its size.
        base_size: String,
        /// Image of the personalized model.
        personalized: PathBuf,
        /// Its size.
        personalized_size: String,
    },

    /// All images were left out as bad.
    #[error(
        "none of {found} images or pairs could be used; the first was left out because: {first}; \
         repair the images and run again"
    )]
    NothingUsable {
        /// How many there were.
        found: usize,
        /// Why the first was left out.
        first: String,
    },

    /// A manifest or prompt file holds a mistake.
    #[error("{path}, line {line}: {reason}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// What is wrong and what to do.
        reason: String,
    },

    /// A list of prompts does not fit the images.
    #[error(
        "{path} has {} for {} of images{notes}; give one prompt per line, in the \
         order of the file names, or a manifest with the columns prompt,base,personalized",
        counted(*prompts, "prompt"),
        counted(*pairs, "pair")
    )]
    PromptCount {
        /// The list of prompts.
        path: PathBuf,
        /// Prompts in it.
        prompts: usize,
        /// Pairs found.
        pairs: usize,
        /// What was left out, each note after a semicolon.
        notes: String,
    },

    /// An aspect and its level are not written as `name=level`.
    #[error(
        "{given:?} is not an aspect with a level: {reason}; write for example pixelated=0.6, with a \
         level from 0 to 1"
    )]
    AspectLevel {
        /// What was given.
        given: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The folder to write into is the folder to read from, or lies in it.
    #[error("{output} is or lies in the input folder {input}; choose an output folder elsewhere")]
    OutputInInput {
        /// Folder to read from.
        input: PathBuf,
        /// Folder to write into.
        output: PathBuf,
    },

    /// The folder to write into holds something already.
    #[error("{path} is not empty; choose another folder, or overwrite its files with --force")]
    OutputNotEmpty {
        /// The folder.
        path: PathBuf,
    },

    /// No artist has that name.
    #[error("there is no artist named '{name}'; the artists are {known}")]
    UnknownArtist {
        /// The name given.
        name: String,
        /// All names.
        known: String,
    },

    /// An artist's set was not fetched.
    #[error(
        "the art of {artist} is not there ({path} is missing); \
         run `python3 scripts/fetch_art.py`, or use twemoji, which needs no file"
    )]
    ArtMissing {
        /// The artist.
        artist: &'static str,
        /// The file looked for.
        path: PathBuf,
    },

    /// A fetched file is not an icon set.
    #[error(
        "{path} is not an icon set: {source}; remove its folder and run `python3 scripts/fetch_art.py`"
    )]
    BadArtFile {
        /// The file.
        path: PathBuf,
        /// What the parser met.
        #[source]
        source: serde_json::Error,
    },

    /// A set lacks a subject.
    #[error(
        "{artist} has no drawing of '{subject}', so it is not the pinned version; \
         run `python3 scripts/fetch_art.py`"
    )]
    SubjectMissing {
        /// The artist.
        artist: &'static str,
        /// The subject.
        subject: String,
    },

    /// A drawing is not usable.
    #[error(
        "the drawing of '{subject}' by {artist} cannot be used: {reason}; \
         run `python3 scripts/fetch_art.py` to get the pinned version"
    )]
    BadDrawing {
        /// The artist.
        artist: &'static str,
        /// The subject.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },

    /// No subject has that name.
    #[error("'{name}' is not a known subject; datasets/subjects.toml lists them all")]
    UnknownSubject {
        /// The name given.
        name: String,
    },

    /// A subject's index is out of range.
    #[error("there is no subject number {index}; there are {count}, counted from 0")]
    SubjectIndex {
        /// The index given.
        index: usize,
        /// Subjects there are.
        count: usize,
    },

    /// A prompt does not describe a scene.
    #[error(
        "'{prompt}' does not describe a scene: {reason}; \
         write for example 'small red apple and snail on a teal background, at the left'"
    )]
    NotAScene {
        /// The prompt.
        prompt: String,
        /// What is missing or unknown.
        reason: String,
    },
}
