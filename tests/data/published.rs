//! The files of the smallest data set, the IBSI 1 digital phantom (design by Alex Zwanenburg, CC BY 4.0), which are 126
//! and 99 bytes; and archives of them, written byte by byte, so that no mistake is shared with the readers.

use std::io::Write;

use flate2::{
    Compression, Crc,
    write::{DeflateEncoder, GzEncoder},
};

/// Path of the image in radgauge's layout.
pub const IMAGE: &str = "ibsi1/digital_phantom/image.nii.gz";

/// Path of the mask in radgauge's layout.
pub const MASK: &str = "ibsi1/digital_phantom/mask.nii.gz";

/// Path of the image in its repository.
pub const PUBLISHED_IMAGE: &str = "ibsi_1_digital_phantom/nifti/image/phantom.nii.gz";

/// Path of the mask in its repository.
pub const PUBLISHED_MASK: &str = "ibsi_1_digital_phantom/nifti/mask/mask.nii.gz";

/// The bytes of the image.
pub fn image() -> Vec<u8> {
    bytes(IMAGE_DIGITS)
}

/// The bytes of the mask.
pub fn mask() -> Vec<u8> {
    bytes(MASK_DIGITS)
}

/// The file that a server is asked for.
pub fn file(path: &str) -> Vec<u8> {
    if path.ends_with(PUBLISHED_IMAGE) {
        image()
    } else {
        assert!(path.ends_with(PUBLISHED_MASK), "`{path}` is published");
        mask()
    }
}

const IMAGE_DIGITS: &str = "1f8b080000000000000b8b6164200214313033b032b000212314a20216060130dd600f241c90301ad8e00c5503024cc4d84c4bc084e2\
     0fb0bb1aa018040e204ba2893520c93960333b4fdb104c3322851a0b031b946604b258a0726c5079e4d06583b398e1726c705310ea10\
     9013432f76758c68ea00df5ae8b300020000";

const MASK_DIGITS: &str = "1f8b080000000000000b8b6164200214313033b032b000212314a20216060130dd600f241c90301ad8e00c5503024cc4d84c4bc084e2\
     0fb0bb1aa018040e204ba2893520c93960333b4fdb104c33520071ebc63419bb5ac22e0000d608e94a00020000";

fn bytes(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("the digits are ASCII");
            u8::from_str_radix(pair, 16).expect("the digits are hexadecimal")
        })
        .collect()
}

/// A member of an archive.
pub struct Member<'a> {
    pub path: &'a str,
    pub bytes: &'a [u8],
    /// Makes it a symbolic link to where its bytes say.
    pub is_link: bool,
}

/// A regular file of an archive.
pub fn member<'a>(path: &'a str, bytes: &'a [u8]) -> Member<'a> {
    Member {
        path,
        bytes,
        is_link: false,
    }
}

/// A ZIP archive, members deflated (APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16).
pub fn zip(members: &[Member<'_>]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for Member {
        path,
        bytes,
        is_link,
    } in members
    {
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(bytes).expect("written to memory");
        let deflated = deflated.finish().expect("written to memory");
        let offset = archive.len() as u32;
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0]);
        common.extend(crc.sum().to_le_bytes());
        common.extend((deflated.len() as u32).to_le_bytes());
        common.extend((bytes.len() as u32).to_le_bytes());
        common.extend((path.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(path.as_bytes());
        archive.extend(deflated);
        // Made on Unix, for the mode of a link or a file to count.
        let mode: u32 = if *is_link { 0o120_777 } else { 0o100_644 };
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend((mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(path.as_bytes());
    }
    let count = (members.len() as u16).to_le_bytes();
    let offset = (archive.len() as u32).to_le_bytes();
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(offset);
    archive.extend([0, 0]);
    archive
}

/// A TAR.GZ archive (POSIX.1-1988, with GNU's extension for long paths).
pub fn tar_gz(members: &[Member<'_>]) -> Vec<u8> {
    let mut tar = GzEncoder::new(Vec::new(), Compression::default());
    let mut write = |kind: u8, path: &str, link: &[u8], bytes: &[u8]| {
        let mut header = [0u8; 512];
        let mut put = |at: usize, value: &[u8]| header[at..at + value.len()].copy_from_slice(value);
        put(0, path.as_bytes());
        put(100, b"0000644\0");
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        put(124, format!("{:011o}\0", bytes.len()).as_bytes());
        put(136, b"00000000000\0");
        put(148, b"        ");
        put(156, &[kind]);
        put(157, link);
        put(257, b"ustar  \0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.write_all(&header).expect("written to memory");
        tar.write_all(bytes).expect("written to memory");
        let padding = bytes.len().next_multiple_of(512) - bytes.len();
        tar.write_all(&vec![0; padding]).expect("written to memory");
    };
    for Member {
        path,
        bytes,
        is_link,
    } in members
    {
        let short = &path[..path.len().min(100)];
        if short != *path {
            write(b'L', "././@LongLink", b"", path.as_bytes());
        }
        if *is_link {
            write(b'2', short, bytes, b"");
        } else {
            write(b'0', short, b"", bytes);
        }
    }
    tar.write_all(&[0; 1024]).expect("written to memory");
    tar.finish().expect("written to memory")
}
