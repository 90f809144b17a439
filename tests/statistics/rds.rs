//! As much of R's serialisation format (R Internals, section 1.8) as a data frame of numbers and texts needs.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;

/// A data frame, by the names of its columns.
pub struct Frame(BTreeMap<String, Value>);

impl Frame {
    /// Reads a compressed binary file.
    pub fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut bytes = Vec::new();
        GzDecoder::new(file)
            .read_to_end(&mut bytes)
            .expect("a compressed file");
        let mut reader = Reader {
            bytes: &bytes,
            at: 2,
            references: Vec::new(),
        };
        assert_eq!(
            &bytes[..2],
            b"X\n",
            "{}: big-endian binary format",
            path.display()
        );
        if let [3, ..] = [reader.int(), reader.int(), reader.int()] {
            let length = reader.int();
            reader.take(length);
        }
        match reader.item() {
            Value::Named(columns) => Self(columns),
            _ => panic!("{}: a data frame", path.display()),
        }
    }

    pub fn texts(&self, column: &str) -> &[String] {
        match &self.0[column] {
            Value::Texts(texts) => texts,
            _ => panic!("texts in `{column}`"),
        }
    }

    /// Numbers; missing ones are NaN.
    pub fn numbers(&self, column: &str) -> &[f64] {
        match &self.0[column] {
            Value::Numbers(numbers) => numbers,
            _ => panic!("numbers in `{column}`"),
        }
    }
}

#[derive(Clone)]
enum Value {
    Nothing,
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i32>),
    Numbers(Vec<f64>),
    List(Vec<Value>),
    Named(BTreeMap<String, Value>),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    references: Vec<Value>,
}

impl Reader<'_> {
    fn take(&mut self, length: i32) -> &[u8] {
        let length = usize::try_from(length).expect("a length");
        self.at += length;
        &self.bytes[self.at - length..self.at]
    }

    fn int(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    fn items(&mut self) -> Vec<Value> {
        let length = self.int();
        (0..length).map(|_| self.item()).collect()
    }

    fn item(&mut self) -> Value {
        let flags = self.int();
        let has_attributes = flags & 0x200 != 0;
        let value = match flags & 0xff {
            // NULL, and the environments that every session has
            0 | 241 | 242 | 251 | 253 | 254 => return Value::Nothing,
            1 => {
                let name = self.item();
                self.references.push(name.clone());
                return name;
            }
            2 => return self.pairs(flags),
            9 => {
                let text = match self.int() {
                    -1 => String::new(),
                    length => String::from_utf8_lossy(self.take(length)).into_owned(),
                };
                return Value::Text(text);
            }
            10 | 13 => {
                let length = self.int();
                Value::Integers((0..length).map(|_| self.int()).collect())
            }
            14 => {
                let length = self.int();
                let number =
                    |bytes: &[u8]| f64::from_be_bytes(bytes.try_into().expect("eight bytes"));
                Value::Numbers(self.take(8 * length).chunks(8).map(number).collect())
            }
            16 => {
                let text = |item| match item {
                    Value::Text(text) => text,
                    _ => panic!("a vector of texts holds texts"),
                };
                Value::Texts(self.items().into_iter().map(text).collect())
            }
            19 => Value::List(self.items()),
            22 => {
                self.references.push(Value::Nothing);
                self.item();
                self.item();
                Value::Nothing
            }
            255 => {
                let index = match flags >> 8 {
                    0 => self.int(),
                    index => index,
                };
                return self.references[index as usize - 1].clone();
            }
            kind => panic!(
                "an object of a known kind, found {kind} at byte {}",
                self.at
            ),
        };
        let attributes = if has_attributes {
            self.item()
        } else {
            Value::Nothing
        };
        with_attributes(value, attributes)
    }

    /// A list of pairs, to its end.
    fn pairs(&mut self, mut flags: i32) -> Value {
        let mut pairs = BTreeMap::new();
        while flags & 0xff == 2 {
            if flags & 0x200 != 0 {
                self.item();
            }
            let name = if flags & 0x400 != 0 {
                self.item()
            } else {
                Value::Nothing
            };
            let value = self.item();
            if let Value::Text(name) = name {
                pairs.insert(name, value);
            }
            flags = self.int();
        }
        Value::Named(pairs)
    }
}

/// A list with its names; a factor as the texts that it stands for.
fn with_attributes(value: Value, attributes: Value) -> Value {
    let Value::Named(attributes) = attributes else {
        return value;
    };
    match (value, attributes.get("names"), attributes.get("levels")) {
        (Value::List(items), Some(Value::Texts(names)), _) => {
            Value::Named(names.iter().cloned().zip(items).collect())
        }
        (Value::Integers(codes), _, Some(Value::Texts(levels))) => Value::Texts(
            codes
                .iter()
                .map(|code| levels[*code as usize - 1].clone())
                .collect(),
        ),
        (value, ..) => value,
    }
}
