//! Fetching from a folder or an archive.

use std::path::Path;

use super::{
    assert_whole,
    common::run,
    fetch, files, folder,
    published::{
        IMAGE, MASK, Member, PUBLISHED_IMAGE, PUBLISHED_MASK, image, mask, member, tar_gz, zip,
    },
    put,
};

/// Fetches from this folder or archive into a new folder; gives exit code, standard error and that folder.
fn fetch_from(source: &Path) -> (i32, String, tempfile::TempDir) {
    let target = folder();
    let source = source.to_str().expect("UTF-8");
    let (code, _, err) = run(&mut fetch(target.path(), &["--from", source]));
    (code, err, target)
}

#[test]
fn folders_of_every_layout_serve() {
    for [image_path, mask_path] in [
        [IMAGE.to_owned(), MASK.to_owned()],
        [PUBLISHED_IMAGE.to_owned(), PUBLISHED_MASK.to_owned()],
        [PUBLISHED_IMAGE, PUBLISHED_MASK].map(|path| format!("data_sets/{path}")),
    ] {
        let source = folder();
        put(source.path(), &image_path, &image());
        put(source.path(), &mask_path, &mask());
        let (code, err, target) = fetch_from(source.path());
        assert_eq!(code, 0, "{image_path}: {err}");
        assert_whole(target.path());
    }
}

#[test]
fn folders_that_lack_or_damage_a_file() {
    let source = folder();
    put(source.path(), IMAGE, b"damaged");
    let (code, err, target) = fetch_from(source.path());
    assert_eq!(code, 3, "{err}");
    assert!(
        err.contains(&format!("`{IMAGE}` from"))
            && err.contains("expected SHA-256 83773ac2")
            && err.contains(&format!("expected `{MASK}` or `{PUBLISHED_MASK}` in it")),
        "{err}"
    );
    assert_eq!(files(target.path()), [""; 0], "nothing was kept");

    // A good file in another layout serves.
    put(source.path(), PUBLISHED_IMAGE, &image());
    put(source.path(), PUBLISHED_MASK, &mask());
    let (code, err, target) = fetch_from(source.path());
    assert_eq!(code, 0, "{err}");
    assert_whole(target.path());

    let (code, err, _) = fetch_from(&source.path().join("absent"));
    assert_eq!((code, err.contains("is not there")), (3, true), "{err}");
}

/// As the host of the repository offers it: everything in a folder that is named after the commit.
#[test]
fn archives_serve() {
    let top = "data_sets-6da96021bc91faf4c0cb7fd7fa56a4225d2064a8";
    let (image, mask) = (image(), mask());
    let paths = [PUBLISHED_IMAGE, PUBLISHED_MASK].map(|path| format!("{top}/{path}"));
    // Too long for a header of TAR.
    let deep = [IMAGE, MASK].map(|path| format!("./{}/{path}", "deep".repeat(30)));
    let readme = format!("{top}/README.md");
    for [image_path, mask_path] in [&paths, &deep] {
        let members = [
            member(&readme, b"# Data sets"),
            member(image_path, &image),
            member(mask_path, &mask),
        ];
        for (name, bytes) in [("a.zip", zip(&members)), ("a.tar.gz", tar_gz(&members))] {
            let scratch = folder();
            let (code, err, target) = fetch_from(&put(scratch.path(), name, &bytes));
            assert_eq!(code, 0, "{name}: {err}");
            assert_whole(target.path());
        }
    }
}

#[test]
fn hostile_archives_are_refused() {
    let (image, mask) = (image(), mask());
    let too_long = [image.as_slice(), &[0; 1 << 20]].concat();
    let outside = format!("../../{IMAGE}");
    let absolute = format!("/{IMAGE}");
    let link = Member {
        path: IMAGE,
        bytes: b"/etc/hostname",
        is_link: true,
    };
    let cases: Vec<(&str, Vec<Member<'_>>, &str)> = vec![
        (
            "a path that leads out",
            vec![member(&outside, &image)],
            "leads out of the archive",
        ),
        (
            "an absolute path",
            vec![member(&absolute, &image)],
            "leads out of the archive",
        ),
        ("a link", vec![link], "is no regular file"),
        (
            "more than the file has",
            vec![member(IMAGE, &too_long)],
            "expected 126 bytes, found",
        ),
        (
            "other bytes",
            vec![member(IMAGE, &mask)],
            "expected SHA-256 83773ac2",
        ),
        (
            "another file",
            vec![member("README.md", b"")],
            "found neither",
        ),
    ];
    for (name, members, reason) in cases {
        for (archive, bytes) in [("a.zip", zip(&members)), ("a.tar.gz", tar_gz(&members))] {
            let scratch = folder();
            let (code, err, target) = fetch_from(&put(scratch.path(), archive, &bytes));
            assert_eq!(code, 3, "{name} in {archive}: {err}");
            assert!(
                err.contains(archive) && err.contains(reason),
                "{name}: expected `{reason}` in\n{err}"
            );
            assert_eq!(files(target.path()), [""; 0], "{name}: nothing was kept");
            assert_eq!(files(scratch.path()), [archive], "{name}: nothing outside");
        }
    }
}

#[test]
fn a_path_of_any_length_is_not_held_in_memory() {
    let path = "long/".repeat(20_000);
    let archive = tar_gz(&[member(&path, b"")]);
    let scratch = folder();
    let (code, err, _) = fetch_from(&put(scratch.path(), "long.tar.gz", &archive));
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("a path of 100000 bytes"), "{err}");
}

#[test]
fn damaged_archives_are_said_to_be() {
    let (image, mask) = (image(), mask());
    let members = [member(IMAGE, &image), member(MASK, &mask)];
    let mut flipped = zip(&members);
    // Within the bytes of the image, whose checksum the archive has.
    flipped[30 + IMAGE.len() + 60] ^= 1;
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    for (name, bytes, reason) in [
        (
            "half.zip",
            half(zip(&members)),
            "the archive cannot be read",
        ),
        (
            "half.tar.gz",
            half(tar_gz(&members)),
            "the archive cannot be read",
        ),
        ("flipped.zip", flipped, "the archive cannot be read"),
        (
            "empty.zip",
            Vec::new(),
            "expected a folder, a ZIP or a TAR.GZ",
        ),
        (
            "image.nii",
            vec![0; 400],
            "expected a folder, a ZIP or a TAR.GZ",
        ),
    ] {
        let scratch = folder();
        let (code, err, target) = fetch_from(&put(scratch.path(), name, &bytes));
        assert_eq!(code, 3, "{name}: {err}");
        assert!(
            err.contains(name) && err.contains(reason),
            "{name}: expected `{reason}` in\n{err}"
        );
        assert!(
            !files(target.path())
                .iter()
                .any(|file| file.contains("image")),
            "{name}: no half file"
        );
    }
}
