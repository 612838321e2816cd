//! Which files are pictures: by their names, where a folder is listed, and by their content.

/// What a file is by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// A picture that is read.
    Read,
    /// A picture of a format that is known and not read, by its name ("AVIF").
    Known(&'static str),
    /// No picture.
    Other,
}

/// What a file of this extension is; case does not count, and the dot is left out.
///
/// It only tells which files of a folder are meant: the format itself is told by the content.
pub fn kind_of_extension(extension: &str) -> PictureKind {
    let known = match extension.to_ascii_lowercase().as_str() {
        "png" | "apng" | "jpg" | "jpeg" | "jpe" | "jfif" | "jif" | "jfi" | "pjpeg" | "pjp"
        | "webp" | "bmp" | "dib" | "gif" | "tif" | "tiff" => return PictureKind::Read,
        "avif" | "avifs" => "AVIF",
        "heic" | "heics" | "heif" | "heifs" | "hif" => "HEIC",
        "jxl" => "JPEG XL",
        "jp2" | "j2k" | "jpf" | "jpx" | "jpm" | "j2c" | "jpc" => "JPEG 2000",
        "jxr" | "wdp" | "hdp" => "JPEG XR",
        "psd" | "psb" => "Photoshop",
        "xcf" => "GIMP",
        "kra" => "Krita",
        "svg" | "svgz" => "SVG",
        "ico" | "cur" | "icns" => "icon",
        "exr" => "OpenEXR",
        "hdr" | "pic" => "Radiance HDR",
        "dds" => "DDS",
        "tga" | "targa" => "TGA",
        "qoi" => "QOI",
        "pbm" | "pgm" | "ppm" | "pnm" | "pam" | "pfm" => "Netpbm",
        "pcx" => "PCX",
        "fits" | "fit" => "FITS",
        "dng" | "cr2" | "cr3" | "crw" | "nef" | "nrw" | "arw" | "srf" | "sr2" | "orf" | "rw2"
        | "raf" | "pef" | "srw" | "x3f" | "3fr" | "iiq" | "erf" | "mrw" | "kdc" | "dcr" | "raw" => {
            "camera raw"
        }
        _ => return PictureKind::Other,
    };
    PictureKind::Known(known)
}

/// The format of a content that is known and not read, whatever the file is called.
pub(super) fn foreign_format(bytes: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if bytes.get(4..8) == Some(b"ftyp") {
        let length = bytes
            .get(..4)
            .map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize);
        // The major brand, and those that the file is compatible with.
        let brands = &bytes[8..length.clamp(12, 64).min(bytes.len()).max(8)];
        let has = |names: &[&[u8; 4]]| {
            brands
                .chunks_exact(4)
                .any(|b| names.iter().any(|n| b == *n))
        };
        return match () {
            () if has(&[b"avif", b"avis"]) => Some("AVIF"),
            () if has(&[b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"]) => Some("HEIC"),
            () if has(&[b"mif1", b"msf1"]) => Some("HEIF"),
            () if has(&[b"crx "]) => Some("camera raw"),
            () => Some("a video"),
        };
    }
    match () {
        () if starts(b"\0\0\0\x0cJXL \r\n\x87\n") || starts(b"\xff\x0a") => Some("JPEG XL"),
        () if starts(b"\0\0\0\x0cjP  \r\n\x87\n") || starts(b"\xff\x4f\xff\x51") => {
            Some("JPEG 2000")
        }
        () if starts(b"II\xbc\x01") => Some("JPEG XR"),
        () if starts(b"8BPS") => Some("Photoshop"),
        () if starts(b"gimp xcf") => Some("GIMP"),
        () if starts(b"\x76\x2f\x31\x01") => Some("OpenEXR"),
        () if starts(b"#?RADIANCE") || starts(b"#?RGBE") => Some("Radiance HDR"),
        () if starts(b"DDS ") => Some("DDS"),
        () if starts(b"qoif") => Some("QOI"),
        () if starts(b"\0\0\x01\0") => Some("an icon"),
        () if starts(b"%PDF") => Some("a PDF"),
        () if starts(b"<svg") || (starts(b"<?xml") && contains(bytes, b"<svg")) => Some("SVG"),
        () if starts(b"<!DOCTYPE html") || starts(b"<html") || starts(b"<!doctype html") => {
            Some("a web page (a download that was refused?)")
        }
        () if starts(b"version https://git-lfs") => {
            Some("a Git LFS pointer (git lfs pull fetches the picture)")
        }
        () => None,
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes[..bytes.len().min(1024)]
        .windows(part.len())
        .any(|window| window == part)
}
