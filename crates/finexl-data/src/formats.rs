//! Which files are pictures, by their extensions.

/// What the extension of a file promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A picture of a format that is read.
    Read,
    /// A picture of a format that is not read.
    NotRead,
    /// Something else.
    Other,
}

const READ: [&str; 15] = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "pjp", "webp", "bmp", "dib",
    "gif", "tif", "tiff",
];
const NOT_READ: [&str; 40] = [
    "avif", "avifs", "heic", "heics", "heif", "heifs", "hif", "jxl", "jp2", "j2k", "jpx", "jxr",
    "exr", "hdr", "psd", "psb", "svg", "ico", "tga", "pnm", "ppm", "pgm", "pbm", "pam", "dds",
    "qoi", "xcf", "kra", "dng", "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "eps", "pcx",
    "ff", "icns",
];

/// What an extension promises, in any case, without the dot.
pub fn kind_of_extension(extension: &str) -> FileKind {
    let extension = extension.to_ascii_lowercase();
    if READ.contains(&extension.as_str()) {
        FileKind::Read
    } else if NOT_READ.contains(&extension.as_str()) {
        FileKind::NotRead
    } else {
        FileKind::Other
    }
}
