//! DICOM files written element by element, at the byte layout of the standard (PS3.5, PS3.10).

use std::path::{Path, PathBuf};

pub const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
pub const RTSTRUCT: &str = "1.2.840.10008.5.1.4.1.1.481.3";
pub const SEG: &str = "1.2.840.10008.5.1.4.1.1.66.4";
pub const PIXEL_DATA: (u16, u16) = (0x7FE0, 0x0010);

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Implicit,
    Explicit,
    BigEndian,
}

impl Syntax {
    pub const ALL: [Self; 3] = [Self::Implicit, Self::Explicit, Self::BigEndian];

    pub fn uid(self) -> &'static str {
        match self {
            Self::Implicit => "1.2.840.10008.1.2",
            Self::Explicit => "1.2.840.10008.1.2.1",
            Self::BigEndian => "1.2.840.10008.1.2.2",
        }
    }

    fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::BigEndian => value.to_be_bytes(),
            _ => value.to_le_bytes(),
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::BigEndian => value.to_be_bytes(),
            _ => value.to_le_bytes(),
        }
    }
}

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    U16(u16),
    /// 16-bit words.
    Words(Vec<u16>),
    Bytes(Vec<u8>),
    Items(Vec<Elements>),
}

/// The elements of a data set.
#[derive(Clone, Debug, Default)]
pub struct Elements(Vec<((u16, u16), &'static str, Value)>);

impl Elements {
    fn put(&mut self, tag: (u16, u16), representation: &'static str, value: Value) {
        self.remove(tag);
        self.0.push((tag, representation, value));
        self.0.sort_by_key(|element| element.0);
    }

    pub fn remove(&mut self, tag: (u16, u16)) {
        self.0.retain(|element| element.0 != tag);
    }

    pub fn text(&mut self, tag: (u16, u16), representation: &'static str, value: &str) {
        self.put(tag, representation, Value::Text(value.to_owned()));
    }

    pub fn decimals(&mut self, tag: (u16, u16), values: &[f64]) {
        let texts: Vec<String> = values.iter().map(f64::to_string).collect();
        self.text(tag, "DS", &texts.join("\\"));
    }

    pub fn u16(&mut self, tag: (u16, u16), value: u16) {
        self.put(tag, "US", Value::U16(value));
    }

    pub fn words(&mut self, tag: (u16, u16), words: Vec<u16>) {
        self.put(tag, "OW", Value::Words(words));
    }

    pub fn bytes(&mut self, tag: (u16, u16), bytes: Vec<u8>) {
        self.put(tag, "OB", Value::Bytes(bytes));
    }

    pub fn items(&mut self, tag: (u16, u16), items: Vec<Elements>) {
        self.put(tag, "SQ", Value::Items(items));
    }

    pub fn item(&mut self, tag: (u16, u16), fill: impl FnOnce(&mut Elements)) {
        let mut item = Elements::default();
        fill(&mut item);
        self.items(tag, vec![item]);
    }

    /// The bytes of the elements; sequences and items with a length, or up to a delimiter.
    pub fn encode(&self, syntax: Syntax, has_lengths: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for ((group, element), representation, value) in &self.0 {
            let padding = if *representation == "UI" { 0 } else { b' ' };
            let mut content = match value {
                Value::Text(text) => text.as_bytes().to_vec(),
                Value::U16(value) => syntax.u16(*value).to_vec(),
                Value::Words(words) => words.iter().flat_map(|word| syntax.u16(*word)).collect(),
                Value::Bytes(bytes) => bytes.clone(),
                Value::Items(items) => encode_items(items, syntax, has_lengths),
            };
            if content.len() % 2 == 1 {
                content.push(padding);
            }
            let is_open = matches!(value, Value::Items(_)) && !has_lengths;
            let length = if is_open {
                u32::MAX
            } else {
                content.len() as u32
            };
            bytes.extend(syntax.u16(*group));
            bytes.extend(syntax.u16(*element));
            if syntax == Syntax::Implicit {
                bytes.extend(syntax.u32(length));
            } else if matches!(*representation, "SQ" | "OW" | "OB" | "UN") {
                bytes.extend(representation.as_bytes());
                bytes.extend([0, 0]);
                bytes.extend(syntax.u32(length));
            } else {
                bytes.extend(representation.as_bytes());
                bytes.extend(syntax.u16(u16::try_from(length).expect("a short value")));
            }
            bytes.extend(content);
        }
        bytes
    }
}

fn encode_items(items: &[Elements], syntax: Syntax, has_lengths: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let tag = |bytes: &mut Vec<u8>, element: u16, length: u32| {
        bytes.extend(syntax.u16(0xFFFE));
        bytes.extend(syntax.u16(element));
        bytes.extend(syntax.u32(length));
    };
    for item in items {
        let content = item.encode(syntax, has_lengths);
        let length = if has_lengths {
            content.len() as u32
        } else {
            u32::MAX
        };
        tag(&mut bytes, 0xE000, length);
        bytes.extend(content);
        if !has_lengths {
            tag(&mut bytes, 0xE00D, 0);
        }
    }
    if !has_lengths {
        tag(&mut bytes, 0xE0DD, 0);
    }
    bytes
}

/// A file: preamble, the transfer syntax, elements.
pub fn file(syntax: Syntax, uid: &str, elements: &Elements, has_lengths: bool) -> Vec<u8> {
    let mut meta = Elements::default();
    meta.text((2, 0x10), "UI", uid);
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(meta.encode(Syntax::Explicit, true));
    bytes.extend(elements.encode(syntax, has_lengths));
    bytes
}

/// The slices of a series; slice `s` of `positions` has at column `c` and row `r` the stored value
/// `100 c + 10 r + s + 1`.
#[derive(Clone, Debug)]
pub struct Series {
    pub syntax: Syntax,
    pub uid: &'static str,
    pub columns: u16,
    pub rows: u16,
    /// Distance of rows, distance of columns.
    pub pixel_spacing: [f64; 2],
    /// Direction of rows, direction of columns, LPS.
    pub orientation: [f64; 6],
    /// Centres of the first pixels, LPS.
    pub positions: Vec<[f64; 3]>,
}

impl Series {
    /// 4 columns of 2 mm, 3 rows of 3 mm, 2 slices 5 mm apart, along the patient's axes.
    pub fn axial() -> Self {
        Self {
            syntax: Syntax::Explicit,
            uid: "1.2.3",
            columns: 4,
            rows: 3,
            pixel_spacing: [3.0, 2.0],
            orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            positions: vec![[-10.0, -20.0, 30.0], [-10.0, -20.0, 35.0]],
        }
    }

    /// `n` slices 5 mm apart.
    pub fn axial_of(n: u16) -> Self {
        let positions = (0..n).map(|s| [-10.0, -20.0, 30.0 + 5.0 * f64::from(s)]);
        Self {
            positions: positions.collect(),
            ..Self::axial()
        }
    }

    pub fn slice(&self, s: usize) -> Elements {
        let mut slice = Elements::default();
        slice.text((0x0008, 0x0016), "UI", CT);
        slice.text((0x0008, 0x0060), "CS", "CT");
        slice.text((0x0020, 0x000E), "UI", self.uid);
        slice.decimals((0x0020, 0x0032), &self.positions[s]);
        slice.decimals((0x0020, 0x0037), &self.orientation);
        slice.u16((0x0028, 0x0002), 1);
        slice.u16((0x0028, 0x0010), self.rows);
        slice.u16((0x0028, 0x0011), self.columns);
        slice.decimals((0x0028, 0x0030), &self.pixel_spacing);
        slice.u16((0x0028, 0x0100), 16);
        slice.u16((0x0028, 0x0101), 16);
        slice.u16((0x0028, 0x0102), 15);
        slice.u16((0x0028, 0x0103), 0);
        let mut words = Vec::new();
        for row in 0..self.rows {
            for column in 0..self.columns {
                words.push(100 * column + 10 * row + s as u16 + 1);
            }
        }
        slice.words(PIXEL_DATA, words);
        slice
    }

    /// Writes the slices as `slice-0.dcm`, `slice-1.dcm`, …, each changed by `change`.
    pub fn write_with(&self, folder: &Path, change: impl Fn(usize, &mut Elements)) {
        for s in 0..self.positions.len() {
            let mut slice = self.slice(s);
            change(s, &mut slice);
            let bytes = file(self.syntax, self.syntax.uid(), &slice, true);
            super::write(folder, &format!("slice-{s}.dcm"), &bytes);
        }
    }

    pub fn write(&self, folder: &Path) {
        self.write_with(folder, |_, _| {});
    }
}

/// A region of a structure set: number, name, contours as points in LPS.
pub type Contours<'a> = (u32, &'a str, Vec<Vec<[f64; 3]>>);

/// The elements of a structure set.
pub fn structure_set(regions: &[Contours]) -> Elements {
    let mut set = Elements::default();
    set.text((0x0008, 0x0016), "UI", RTSTRUCT);
    set.text((0x0008, 0x0060), "CS", "RTSTRUCT");
    set.text((0x0020, 0x000E), "UI", "1.2.9");
    let named = regions.iter().map(|(number, name, _)| {
        let mut roi = Elements::default();
        roi.text((0x3006, 0x0022), "IS", &number.to_string());
        roi.text((0x3006, 0x0026), "LO", name);
        roi
    });
    set.items((0x3006, 0x0020), named.collect());
    let drawn = regions.iter().map(|(number, _, contours)| {
        let contours = contours.iter().map(|points| {
            let mut contour = Elements::default();
            contour.text((0x3006, 0x0042), "CS", "CLOSED_PLANAR");
            contour.text((0x3006, 0x0046), "IS", &points.len().to_string());
            contour.decimals((0x3006, 0x0050), points.as_flattened());
            contour
        });
        let mut roi = Elements::default();
        roi.items((0x3006, 0x0040), contours.collect());
        roi.text((0x3006, 0x0084), "IS", &number.to_string());
        roi
    });
    set.items((0x3006, 0x0039), drawn.collect());
    set
}

/// A binary segmentation whose frames share orientation and spacing.
#[derive(Clone, Debug)]
pub struct Segmentation {
    pub columns: u16,
    pub rows: u16,
    pub pixel_spacing: [f64; 2],
    pub orientation: [f64; 6],
    /// Number and label of each segment.
    pub segments: Vec<(u16, &'static str)>,
    /// Segment, position of the first pixel, pixels row by row as `#` and `.`, of each frame.
    pub frames: Vec<(u16, [f64; 3], &'static str)>,
}

impl Segmentation {
    pub fn elements(&self) -> Elements {
        let mut seg = Elements::default();
        seg.text((0x0008, 0x0016), "UI", SEG);
        seg.text((0x0008, 0x0060), "CS", "SEG");
        seg.text((0x0020, 0x000E), "UI", "1.2.8");
        seg.u16((0x0028, 0x0002), 1);
        seg.text((0x0028, 0x0008), "IS", &self.frames.len().to_string());
        seg.u16((0x0028, 0x0010), self.rows);
        seg.u16((0x0028, 0x0011), self.columns);
        seg.u16((0x0028, 0x0100), 1);
        seg.u16((0x0028, 0x0101), 1);
        seg.u16((0x0028, 0x0102), 0);
        seg.u16((0x0028, 0x0103), 0);
        seg.text((0x0062, 0x0001), "CS", "BINARY");
        let segments = self.segments.iter().map(|(number, label)| {
            let mut segment = Elements::default();
            segment.u16((0x0062, 0x0004), *number);
            segment.text((0x0062, 0x0005), "LO", label);
            segment
        });
        seg.items((0x0062, 0x0002), segments.collect());
        seg.item((0x5200, 0x9229), |shared| {
            shared.item((0x0020, 0x9116), |plane| {
                plane.decimals((0x0020, 0x0037), &self.orientation);
            });
            shared.item((0x0028, 0x9110), |measures| {
                measures.decimals((0x0028, 0x0030), &self.pixel_spacing);
            });
        });
        let frames = self.frames.iter().map(|(segment, position, _)| {
            let mut frame = Elements::default();
            frame.item((0x0020, 0x9113), |plane| {
                plane.decimals((0x0020, 0x0032), position);
            });
            frame.item((0x0062, 0x000A), |identification| {
                identification.u16((0x0062, 0x000B), *segment);
            });
            frame
        });
        seg.items((0x5200, 0x9230), frames.collect());
        // Eight pixels a byte, the first in the lowest bit, no padding between frames.
        let pixels: Vec<bool> = self
            .frames
            .iter()
            .flat_map(|(_, _, picture)| picture.bytes().filter(|b| !b.is_ascii_whitespace()))
            .map(|pixel| pixel == b'#')
            .collect();
        let byte = |bits: &[bool]| {
            bits.iter()
                .enumerate()
                .map(|(i, bit)| u8::from(*bit) << i)
                .sum::<u8>()
        };
        seg.bytes(PIXEL_DATA, pixels.chunks(8).map(byte).collect());
        seg
    }
}

/// Writes an object as an explicit little endian file.
pub fn write_object(folder: &Path, name: &str, elements: &Elements) -> PathBuf {
    let bytes = file(Syntax::Explicit, Syntax::Explicit.uid(), elements, true);
    super::write(folder, name, &bytes)
}
