//! Finding images and masks that belong together in a folder, so that `study init` can write their patterns.
//!
//! A mask is a NIfTI file whose name, or whose folder's name, says so. Its image lies in the same folder (the only other
//! file, or the one whose name starts as the mask's does), or in the folder beside it that has a file of the same name.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Folders are entered so deep.
const MAX_DEPTH: usize = 6;

/// So many files are looked at.
const MAX_FILES: usize = 200_000;

/// Words by which a mask is known.
const MASK_WORDS: [&str; 7] = ["mask", "seg", "roi", "label", "gtv", "contour", "lesion"];

/// Cases whose paths have one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Pattern of the images.
    pub images: String,
    /// Pattern of the masks.
    pub masks: String,
    /// How many there are.
    pub cases: usize,
}

/// Images and masks that belong together, by pattern. What cannot be read is passed over.
#[must_use]
pub fn discover(folder: &Path) -> Vec<Group> {
    let mut files = Vec::new();
    walk(folder, &mut PathBuf::new(), 0, &mut files);
    files.sort();
    let pairs = files
        .iter()
        .filter(|path| is_mask(path))
        .filter_map(|mask| Some((image_of(mask, &files)?, mask)));
    // Pairs of one shape: the same depth, and file names that are the same but for what they start with.
    let mut shapes: BTreeMap<(usize, String, String), Vec<Vec<String>>> = BTreeMap::new();
    for (image, mask) in pairs {
        let (parts, image, mask) = shape(image, mask);
        shapes
            .entry((parts.len(), image, mask))
            .or_default()
            .push(parts);
    }
    shapes
        .into_iter()
        .map(|((_, image, mask), pairs)| group(&image, &mask, &pairs))
        .collect()
}

fn walk(folder: &Path, relative: &mut PathBuf, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        if files.len() >= MAX_FILES {
            return;
        }
        let name = entry.file_name();
        let Some(text) = name.to_str() else { continue };
        // Braces would be read as placeholders.
        if text.starts_with('.') || text.contains(['{', '}', '*']) {
            continue;
        }
        relative.push(text);
        let path = entry.path();
        if path.is_dir() && depth < MAX_DEPTH {
            walk(&path, relative, depth + 1, files);
        } else if text.ends_with(".nii") || text.ends_with(".nii.gz") {
            files.push(relative.clone());
        }
        relative.pop();
    }
}

fn says_mask(name: &str) -> bool {
    let name = name.to_lowercase();
    MASK_WORDS.iter().any(|word| name.contains(word))
}

fn is_mask(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    says_mask(&name(path)) || folder.is_some_and(|folder| says_mask(&folder.to_string_lossy()))
}

fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn image_of<'a>(mask: &Path, files: &'a [PathBuf]) -> Option<&'a PathBuf> {
    let start = files.partition_point(|path| path.parent() < mask.parent());
    let beside = files[start.min(files.len())..]
        .iter()
        .chain(&files[..start])
        .filter(|path| path.parent() == mask.parent() && !is_mask(path));
    let beside: Vec<&PathBuf> = beside.collect();
    if let [image] = beside[..] {
        return Some(image);
    }
    let common = |path: &Path| common_start(&name(path), &name(mask)).len();
    if let Some(best) = beside.iter().copied().max_by_key(|path| common(path)) {
        let equals = beside
            .iter()
            .filter(|path| common(path) == common(best))
            .count();
        return (equals == 1 && common(best) > 0).then_some(best);
    }
    // `images/a.nii` for `masks/a.nii`
    let parent = mask.parent()?.parent();
    let mut same = files.iter().filter(|path| {
        !is_mask(path)
            && path.file_name() == mask.file_name()
            && path.parent().and_then(Path::parent) == parent
    });
    let image = same.next()?;
    same.next().is_none().then_some(image)
}

/// What two names start with; ends at a separator, so that `case_1` is not the start of `case_10`.
fn common_start<'a>(a: &'a str, b: &str) -> &'a str {
    let equal = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let end = a[..a.floor_char_boundary(equal)].rfind(['_', '-', '.', ' ']);
    &a[..end.unwrap_or(0)]
}

/// The parts of a pair that may vary (its folders, and what both names start with), and what follows in the names.
fn shape(image: &Path, mask: &Path) -> (Vec<String>, String, String) {
    let folders = |path: &Path| -> Vec<String> {
        let parent = path.parent().into_iter().flat_map(Path::components);
        parent
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect()
    };
    let (mut parts, of_mask) = (folders(image), folders(mask));
    let (image_name, mask_name) = (name(image), name(mask));
    if parts != of_mask {
        // Two folders side by side: they are part of the shape.
        let last = |parts: &[String]| parts.last().cloned().unwrap_or_default();
        let stem = image_name
            .trim_end_matches(".gz")
            .trim_end_matches(".nii")
            .to_owned();
        let rest = &image_name[stem.len()..];
        let (image, mask) = (last(&parts), last(&of_mask));
        parts.pop();
        parts.push(stem);
        return (
            parts,
            format!("{image}/\u{0}{rest}"),
            format!("{mask}/\u{0}{rest}"),
        );
    }
    let start = common_start(&image_name, &mask_name).to_owned();
    if start.is_empty() {
        return (parts, image_name, mask_name);
    }
    let (image, mask) = (&image_name[start.len()..], &mask_name[start.len()..]);
    let shape = (format!("\u{0}{image}"), format!("\u{0}{mask}"));
    parts.push(start);
    (parts, shape.0, shape.1)
}

/// The patterns of pairs of one shape: parts that vary become placeholders. In the ends `\0` stands for the last part.
fn group(image: &str, mask: &str, pairs: &[Vec<String>]) -> Group {
    let depth = pairs[0].len();
    let varies = |part: usize| pairs.iter().any(|pair| pair[part] != pairs[0][part]);
    let varying = (0..depth).filter(|part| varies(*part)).count();
    let mut names = match varying {
        1 => vec!["case"],
        2 => vec!["patient", "scan"],
        _ => vec![
            "part1", "part2", "part3", "part4", "part5", "part6", "part7", "part8",
        ],
    }
    .into_iter();
    let mut parts: Vec<String> = (0..depth)
        .map(|part| match varies(part) {
            true => format!("{{{}}}", names.next().unwrap_or("rest")),
            false => pairs[0][part].clone(),
        })
        .collect();
    let fill = |end: &str| match end.contains('\u{0}') {
        true => end.replace('\u{0}', parts.last().map_or("", String::as_str)),
        false => end.to_owned(),
    };
    // The last part is then in the name of the file and no folder.
    let is_start = image.contains('\u{0}');
    let (image, mask) = (fill(image), fill(mask));
    if is_start {
        parts.pop();
    }
    let folder: String = parts.iter().map(|part| format!("{part}/")).collect();
    Group {
        images: format!("{folder}{image}"),
        masks: format!("{folder}{mask}"),
        cases: pairs.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str]) -> Vec<(String, String, usize)> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        let groups = discover(folder.path()).into_iter();
        groups.map(|g| (g.images, g.masks, g.cases)).collect()
    }

    fn one(images: &str, masks: &str, cases: usize) -> Vec<(String, String, usize)> {
        vec![(images.to_owned(), masks.to_owned(), cases)]
    }

    #[test]
    fn folders_with_an_image_and_a_mask() {
        let files = [
            "a/CT/image.nii.gz",
            "a/CT/mask.nii.gz",
            "b/CT/image.nii.gz",
            "b/CT/mask.nii.gz",
        ];
        assert_eq!(
            found(&files),
            one("{case}/CT/image.nii.gz", "{case}/CT/mask.nii.gz", 2)
        );
        let files = [
            "a/CT/image.nii",
            "a/CT/mask.nii",
            "a/MR/image.nii",
            "a/MR/mask.nii",
            "b/CT/image.nii",
            "b/CT/mask.nii",
        ];
        assert_eq!(
            found(&files),
            one("{patient}/{scan}/image.nii", "{patient}/{scan}/mask.nii", 3)
        );
    }

    #[test]
    fn a_folder_that_is_called_as_the_image() {
        let files = [
            "a/CT/CT.nii",
            "a/CT/mask.nii",
            "b/CT/CT.nii",
            "b/CT/mask.nii",
        ];
        assert_eq!(
            found(&files),
            one("{case}/CT/CT.nii", "{case}/CT/mask.nii", 2)
        );
    }

    #[test]
    fn names_that_start_alike() {
        let files = [
            "p1_ct.nii",
            "p1_ct_mask.nii",
            "p10_ct.nii",
            "p10_ct_mask.nii",
        ];
        assert_eq!(found(&files), one("{case}_ct.nii", "{case}_ct_mask.nii", 2));
    }

    #[test]
    fn folders_side_by_side() {
        let files = [
            "images/a.nii.gz",
            "images/b.nii.gz",
            "masks/a.nii.gz",
            "masks/b.nii.gz",
        ];
        assert_eq!(
            found(&files),
            one("images/{case}.nii.gz", "masks/{case}.nii.gz", 2)
        );
    }

    #[test]
    fn what_belongs_to_nothing_is_passed_over() {
        assert_eq!(found(&["a/mask.nii", "b/image.nii", "c.txt"]), []);
    }
}
