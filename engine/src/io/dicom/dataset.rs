//! DICOM data elements (PS3.5, chapter 7), found in the bytes of a file.
//!
//! Files are hostile until checked, and the published readers at hand are not made for that: they recurse as deep as a
//! file nests its sequences, until the stack overflows, and allocate what an element says its length is. This one
//! copies nothing, never goes deeper than [`MAX_DEPTH`], and only knows what slices, contours and segments need.

use std::ops::Range;

use super::{
    problem::DicomProblem,
    tag::{PIXEL_DATA, Tag},
};

/// The deepest nesting of sequences; real objects have less than ten.
const MAX_DEPTH: usize = 32;

const ITEM: (u16, u16) = (0xFFFE, 0xE000);
const ITEM_END: (u16, u16) = (0xFFFE, 0xE00D);
const SEQUENCE_END: (u16, u16) = (0xFFFE, 0xE0DD);

/// A length that says: up to the delimiter.
const UNDEFINED: u32 = u32::MAX;

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Whether elements state their value representation.
    pub is_explicit: bool,
    /// Whether numbers have their highest byte first.
    pub is_big_endian: bool,
}

impl Encoding {
    pub const EXPLICIT_LITTLE: Self = Self {
        is_explicit: true,
        is_big_endian: false,
    };
    pub const IMPLICIT_LITTLE: Self = Self {
        is_explicit: false,
        is_big_endian: false,
    };
    pub const EXPLICIT_BIG: Self = Self {
        is_explicit: true,
        is_big_endian: true,
    };

    pub fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.is_big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }

    pub fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.is_big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }
}

/// An element: what it is, and where its value lies in the file.
#[derive(Clone, Debug)]
struct Element {
    number: (u16, u16),
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// The value, or the items of a sequence.
    At {
        range: Range<usize>,
        /// How its items are written, if it is a sequence.
        encoding: Encoding,
    },
    /// Pixel data in fragments: some compression.
    Encapsulated,
}

/// The elements of a file or of an item of a sequence.
#[derive(Clone, Debug)]
pub struct DataSet<'a> {
    file: &'a [u8],
    encoding: Encoding,
    /// In increasing order of their tags.
    elements: Vec<Element>,
}

impl<'a> DataSet<'a> {
    /// The elements in a part of a file, up to the pixel data: what follows these says nothing about a slice.
    pub fn parse(
        file: &'a [u8],
        range: Range<usize>,
        encoding: Encoding,
    ) -> Result<Self, DicomProblem> {
        let mut cursor = Cursor::new(file, range);
        let mut elements: Vec<Element> = Vec::new();
        while !cursor.is_at_end() {
            let header = cursor.header(encoding)?;
            let number = header.number;
            let content = if number == PIXEL_DATA.number && header.length == UNDEFINED {
                Content::Encapsulated
            } else {
                let (range, encoding) = cursor.content(&header, encoding, 0)?;
                Content::At { range, encoding }
            };
            elements.push(Element { number, content });
            if number == PIXEL_DATA.number {
                break;
            }
        }
        elements.sort_by_key(|element| element.number);
        if let Some(pair) = elements
            .windows(2)
            .find(|pair| pair[0].number == pair[1].number)
        {
            let (group, element) = pair[0].number;
            return Err(DicomProblem::Repeated { group, element });
        }
        Ok(Self {
            file,
            encoding,
            elements,
        })
    }

    /// The elements of group 2, which precede every data set, and where they end.
    pub fn parse_meta(file: &'a [u8], start: usize) -> Result<(Self, usize), DicomProblem> {
        let encoding = Encoding::EXPLICIT_LITTLE;
        let mut cursor = Cursor::new(file, start..file.len());
        loop {
            let end = cursor.at;
            let is_meta = cursor
                .bytes::<2>()
                .is_ok_and(|group| encoding.u16(group) == 2);
            cursor.at = end;
            if !is_meta {
                return Ok((Self::parse(file, start..end, encoding)?, end));
            }
            let header = cursor.header(encoding)?;
            cursor.content(&header, encoding, 0)?;
        }
    }

    fn content(&self, tag: Tag) -> Option<&Content> {
        let place = self
            .elements
            .binary_search_by_key(&tag.number, |element| element.number)
            .ok()?;
        Some(&self.elements[place].content)
    }

    pub fn has(&self, tag: Tag) -> bool {
        self.content(tag).is_some()
    }

    /// Whether there are pixel data in fragments.
    pub fn has_encapsulated_pixels(&self) -> bool {
        matches!(self.content(PIXEL_DATA), Some(Content::Encapsulated))
    }

    /// The bytes of a value; `None` when it is absent or empty.
    pub fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        match self.content(tag)? {
            Content::At { range, .. } if !range.is_empty() => Some(&self.file[range.clone()]),
            _ => None,
        }
    }

    /// A text without its padding; `None` when it is absent or empty.
    ///
    /// Bytes that are not UTF-8 are taken for Latin-1, the most frequent character set besides ASCII: the only texts
    /// that are not plain ASCII are names of regions, which can be chosen by number too.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let bytes = self.bytes(tag)?;
        let text = match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let text = text.trim_matches([' ', '\0']);
        if text.is_empty() {
            return None;
        }
        // Names end up in messages: nothing in them may steer a terminal.
        let harmless = |c: char| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        };
        Some(text.chars().map(harmless).collect())
    }

    /// The numbers of a decimal string (DS); `None` when it is absent or empty.
    pub fn decimals(&self, tag: Tag) -> Result<Option<Vec<f64>>, DicomProblem> {
        let Some(text) = self.text(tag) else {
            return Ok(None);
        };
        let number = |part: &str| {
            let part = part.trim_matches([' ', '\0']);
            part.parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
                .ok_or_else(|| DicomProblem::value(tag, "finite decimal numbers", part))
        };
        text.split('\\')
            .map(number)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Exactly `N` decimal numbers; `None` when the element is absent or empty.
    pub fn some_decimals<const N: usize>(
        &self,
        tag: Tag,
    ) -> Result<Option<[f64; N]>, DicomProblem> {
        let Some(values) = self.decimals(tag)? else {
            return Ok(None);
        };
        let count = values.len();
        let values = values.try_into().map_err(|_| {
            DicomProblem::value(
                tag,
                match N {
                    1 => "1 number",
                    2 => "2 numbers",
                    3 => "3 numbers",
                    _ => "6 numbers",
                },
                format!("{count} of them"),
            )
        })?;
        Ok(Some(values))
    }

    /// A whole number that is not negative, as text (IS); `None` when it is absent or empty.
    pub fn integer(&self, tag: Tag) -> Result<Option<u32>, DicomProblem> {
        self.text(tag)
            .map(|text| {
                text.parse()
                    .map_err(|_| DicomProblem::value(tag, "a whole number", text))
            })
            .transpose()
    }

    /// A 16-bit number (US); `None` when it is absent or empty.
    pub fn u16(&self, tag: Tag) -> Result<Option<u16>, DicomProblem> {
        self.bytes(tag)
            .map(|bytes| {
                let bytes = bytes.try_into().map_err(|_| {
                    DicomProblem::value(tag, "one 16-bit number", format!("{} bytes", bytes.len()))
                })?;
                Ok(self.encoding.u16(bytes))
            })
            .transpose()
    }

    /// The items of a sequence, none when it is absent.
    pub fn items(&self, tag: Tag) -> Items<'a> {
        let (range, encoding) = match self.content(tag) {
            Some(Content::At { range, encoding }) => (range.clone(), *encoding),
            _ => (0..0, self.encoding),
        };
        Items {
            cursor: Cursor::new(self.file, range),
            encoding,
        }
    }

    /// The only item of a sequence, `None` when there is none.
    pub fn item(&self, tag: Tag) -> Result<Option<DataSet<'a>>, DicomProblem> {
        self.items(tag).next().transpose()
    }
}

/// The items of a sequence, read one by one.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    cursor: Cursor<'a>,
    encoding: Encoding,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<DataSet<'a>, DicomProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_at_end() {
            return None;
        }
        let item = self
            .cursor
            .item(self.encoding, 0)
            .and_then(|range| match range {
                Some(range) => DataSet::parse(self.cursor.file, range, self.encoding),
                None => Err(self
                    .cursor
                    .damaged("a sequence that ends before its length")),
            });
        if item.is_err() {
            self.cursor.at = self.cursor.end;
        }
        Some(item)
    }
}

/// What precedes a value.
struct Header {
    number: (u16, u16),
    /// Unknown in implicit encodings.
    representation: Option<[u8; 2]>,
    length: u32,
}

/// A place in a part of a file.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    file: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    fn new(file: &'a [u8], range: Range<usize>) -> Self {
        Self {
            file,
            at: range.start,
            end: range.end,
        }
    }

    fn is_at_end(&self) -> bool {
        self.at == self.end
    }

    fn damaged(&self, what: &'static str) -> DicomProblem {
        DicomProblem::Damaged { at: self.at, what }
    }

    /// Moves past `length` bytes.
    fn skip(&mut self, length: usize) -> Result<Range<usize>, DicomProblem> {
        let left = self.end - self.at;
        if length > left {
            return Err(DicomProblem::Truncated {
                at: self.at,
                expected: length,
                left,
            });
        }
        let start = self.at;
        self.at += length;
        Ok(start..self.at)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], DicomProblem> {
        let range = self.skip(N)?;
        Ok(self.file[range]
            .try_into()
            .expect("as many bytes as were skipped"))
    }

    /// Moves past tag, value representation and length of an element, item or delimiter.
    fn header(&mut self, encoding: Encoding) -> Result<Header, DicomProblem> {
        let number = (encoding.u16(self.bytes()?), encoding.u16(self.bytes()?));
        let is_delimiter = number.0 == 0xFFFE;
        if is_delimiter || !encoding.is_explicit {
            return Ok(Header {
                number,
                representation: None,
                length: encoding.u32(self.bytes()?),
            });
        }
        let representation: [u8; 2] = self.bytes()?;
        let length = match &representation {
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN"
            | b"UR" | b"UT" | b"UV" => {
                self.skip(2)?;
                encoding.u32(self.bytes()?)
            }
            b"AE" | b"AS" | b"AT" | b"CS" | b"DA" | b"DS" | b"DT" | b"FD" | b"FL" | b"IS"
            | b"LO" | b"LT" | b"PN" | b"SH" | b"SL" | b"SS" | b"ST" | b"TM" | b"UI" | b"UL"
            | b"US" => u32::from(encoding.u16(self.bytes()?)),
            _ => return Err(self.damaged("a value representation that does not exist")),
        };
        Ok(Header {
            number,
            representation: Some(representation),
            length,
        })
    }

    /// Moves past the value of an element; gives where it lies and how its items would be written.
    fn content(
        &mut self,
        header: &Header,
        encoding: Encoding,
        depth: usize,
    ) -> Result<(Range<usize>, Encoding), DicomProblem> {
        if header.number.0 == 0xFFFE {
            return Err(self.damaged("an item or a delimiter outside a sequence"));
        }
        // What a writer did not know it has copied as it was, in the implicit encoding (PS3.5, 6.2.2).
        let encoding = match header.representation {
            Some([b'U', b'N']) => Encoding::IMPLICIT_LITTLE,
            _ => encoding,
        };
        let range = if header.length == UNDEFINED {
            self.sequence(encoding, depth)?
        } else {
            self.skip(header.length as usize)?
        };
        Ok((range, encoding))
    }

    /// Moves past a sequence of undefined length; gives where its items lie.
    fn sequence(&mut self, encoding: Encoding, depth: usize) -> Result<Range<usize>, DicomProblem> {
        if depth == MAX_DEPTH {
            return Err(self.damaged("sequences nested too deeply"));
        }
        let start = self.at;
        loop {
            let end = self.at;
            if self.item(encoding, depth)?.is_none() {
                return Ok(start..end);
            }
        }
    }

    /// Moves past an item of a sequence, `None` at the sequence's delimiter; gives where its elements lie.
    fn item(
        &mut self,
        encoding: Encoding,
        depth: usize,
    ) -> Result<Option<Range<usize>>, DicomProblem> {
        let header = self.header(encoding)?;
        match (header.number, header.length) {
            (SEQUENCE_END, _) => return Ok(None),
            (ITEM, UNDEFINED) => {}
            (ITEM, length) => return self.skip(length as usize).map(Some),
            _ => return Err(self.damaged("something that is no item in a sequence")),
        }
        let start = self.at;
        loop {
            let end = self.at;
            let header = self.header(encoding)?;
            if header.number == ITEM_END {
                return Ok(Some(start..end));
            }
            self.content(&header, encoding, depth + 1)?;
        }
    }
}
