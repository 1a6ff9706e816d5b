//! What may become evidence: names, hashes, and the types of files that are kept, told by their first bytes.

use super::refusal::{Refusal, line};

/// Characters of a file's name at most.
const NAME: usize = 200;
/// Characters of a caption at most.
pub const CAPTION: usize = 2_000;
/// Bytes of a file's beginning from which its type is told.
pub const FIRST: usize = 8 * 1024;

/// The types that are kept, in words.
pub const KEPT: &str =
    "JPEG, PNG, HEIC, WebP, GIF, PDF, MP4, QuickTime, MP3, WAV, M4A, plain text, DOCX and XLSX";

/// What Windows takes for a device, whatever ending follows.
const DEVICES: [&str; 22] = [
    "AUX", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "CON", "LPT1", "LPT2",
    "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "NUL", "PRN",
];

/// A file's name as it is kept: one that every system can give a file, without a path.
pub fn file_name(value: &str) -> Result<String, Refusal> {
    let name = line("fileName", value, NAME)?;
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is_plain = !name.starts_with('.')
        && !name.ends_with('.')
        && !name.chars().any(|c| "/\\:*?\"<>|".contains(c))
        && !DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device));
    if is_plain {
        Ok(name)
    } else {
        Err(Refusal::invalid(
            "fileName",
            "Send the file's name without its path, and with no name or character that only a system may use.",
        ))
    }
}

/// A SHA-256 in lower-case hex.
pub fn sha256(value: &str) -> Result<String, Refusal> {
    let value = value.trim().to_ascii_lowercase();
    if value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(value);
    }
    Err(Refusal::invalid("sha256", "This is the file's SHA-256 as 64 hexadecimal digits."))
}

/// The type that a file's first bytes tell, if such files are kept.
#[must_use]
pub fn content_type(first: &[u8]) -> Option<&'static str> {
    let first = &first[..first.len().min(FIRST)];
    let Some(known) = infer::get(first) else { return is_text(first).then_some("text/plain") };
    Some(match known.mime_type() {
        "image/jpeg" => "image/jpeg",
        "image/png" => "image/png",
        "image/heif" | "image/heic" => "image/heic",
        "image/webp" => "image/webp",
        "image/gif" => "image/gif",
        "application/pdf" => "application/pdf",
        "video/mp4" | "video/x-m4v" => "video/mp4",
        "video/quicktime" => "video/quicktime",
        "audio/mpeg" => "audio/mpeg",
        "audio/x-wav" => "audio/wav",
        "audio/m4a" => "audio/mp4",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        }
        _ => return None,
    })
}

/// Whether a browser may show such a file itself: nothing that can run in a page.
#[must_use]
pub fn is_shown(content_type: &str) -> bool {
    ["image/", "video/", "audio/"].iter().any(|family| content_type.starts_with(family))
        || matches!(content_type, "application/pdf" | "text/plain")
}

fn is_text(first: &[u8]) -> bool {
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        // Cut within a character, which only the end of a long beginning may be.
        Err(error) if error.error_len().is_none() && first.len() == FIRST => {
            std::str::from_utf8(&first[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_markup = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('<');
    !text.is_empty() && !is_markup && !text.chars().any(|c| c.is_control() && !"\t\r\n\u{c}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_path_and_a_hash_is_a_hash() {
        assert_eq!(file_name(" Stairs, north.jpg ").unwrap(), "Stairs, north.jpg");
        for wrong in ["", "a/b.jpg", "..\\b.jpg", ".htaccess", "a\nb.jpg", &"x".repeat(201)] {
            assert!(file_name(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(sha256(&"AB".repeat(32)).unwrap(), "ab".repeat(32));
        assert!(sha256(&"ab".repeat(31)).is_err() && sha256(&"zz".repeat(32)).is_err());
    }

    #[test]
    fn a_type_is_told_by_the_first_bytes_and_not_by_the_name() {
        let zip = |name: &str| {
            let mut bytes = b"PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00\x21\x00".to_vec();
            bytes.extend([0; 12]);
            bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            bytes.extend([0; 2]);
            bytes.extend(name.as_bytes());
            bytes.extend([0; 64]);
            bytes
        };
        let long = format!("{}ü and more", "x".repeat(FIRST - 1));
        for (bytes, told) in [
            (&b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Some("image/png")),
            (b"GIF89a\x01\x00\x01\x00", Some("image/gif")),
            (b"RIFF\x24\x00\x00\x00WEBPVP8 ", Some("image/webp")),
            (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Some("image/heic")),
            (b"%PDF-1.7\n%", Some("application/pdf")),
            (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", Some("video/mp4")),
            (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", Some("video/quicktime")),
            (b"ID3\x04\x00\x00\x00\x00\x00\x00", Some("audio/mpeg")),
            (b"RIFF\x24\x00\x00\x00WAVEfmt ", Some("audio/wav")),
            (b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A mp42isom", Some("audio/mp4")),
            (b"The neighbor said:\r\n\tno.", Some("text/plain")),
            (long.as_bytes(), Some("text/plain")),
            (b"<!DOCTYPE html><script>alert(1)</script>", None),
            (b"\n <svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"MZ\x90\x00\x03\x00\x00\x00", None),
            (b"\x7fELF\x02\x01\x01\x00", None),
            (b"#!/bin/sh\nrm -r x", None),
            (b"\xff\xfe\x00\x01", None),
            (&zip("evil.exe"), None),
            (b"", None),
        ] {
            assert_eq!(
                content_type(bytes),
                told,
                "{:?}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(20)])
            );
        }
        assert!(is_shown("image/png") && !is_shown("application/vnd.ms-excel"));
    }

    #[test]
    fn a_name_is_one_that_every_system_can_give_a_file() {
        for trick in [
            "../a.jpg",
            "/etc/passwd",
            "..\\a.jpg",
            "C:\\a.jpg",
            "C:a.jpg",
            "a\0.jpg",
            "a\nb.jpg",
            ".htaccess",
            "..",
            "a.jpg.",
            "NUL",
            "nul.jpg",
            "Com1.txt",
            "aux .jpg",
            "a|b.jpg",
            "a\u{202e}gpj.exe",
            "a\u{200b}.jpg",
            "",
            " ",
            "\u{1b}[31m.jpg",
        ] {
            assert!(file_name(trick).is_err(), "{trick:?}");
        }
        assert!(file_name(&"x".repeat(NAME + 1)).is_err());
        for name in
            ["stairs.jpg", "Treppe Süd (2).jpg", "מדרגות.jpg", "nullable.pdf", "console.txt", "a..b.pdf"]
        {
            assert_eq!(file_name(name).expect("a name"), name);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_name_that_is_kept_leads_nowhere_else(name in ".{0,40}|[./\\\\a:~ ]{0,12}") {
            if let Ok(kept) = file_name(&name) {
                let path = std::path::Path::new("packet").join(&kept);
                let parts: Vec<_> = path.components().collect();
                proptest::prop_assert_eq!(parts.len(), 2);
                proptest::prop_assert_eq!(path.file_name().and_then(|name| name.to_str()), Some(kept.as_str()));
                proptest::prop_assert!(!kept.chars().any(char::is_control));
                let _ = content_type(kept.as_bytes());
            }
        }
    }
}
