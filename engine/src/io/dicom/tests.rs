//! Data elements written byte by byte. Whole files of every kind are read in the integration tests.

use proptest::prelude::*;

use super::{
    dataset::{DataSet, Encoding},
    problem::DicomProblem,
    tag,
};

const ITEM: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];
const ITEM_END: [u8; 8] = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
const SEQUENCE_END: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
const OPEN: [u8; 4] = [0xFF; 4];

fn parse(bytes: &[u8], encoding: Encoding) -> Result<DataSet<'_>, DicomProblem> {
    DataSet::parse(bytes, 0..bytes.len(), encoding)
}

fn refusal(bytes: &[u8], encoding: Encoding) -> String {
    parse(bytes, encoding).expect_err("refused").to_string()
}

/// `ROINumber` with the value `7 `, implicit.
fn roi_number() -> Vec<u8> {
    [&[0x06, 0x30, 0x22, 0x00, 2, 0, 0, 0][..], b"7 "].concat()
}

/// Checks that `StructureSetROISequence` holds the item of [`roi_number`] and nothing else, followed by an element.
fn check_sequence(bytes: &[u8], encoding: Encoding, case: &str) {
    let set = parse(bytes, encoding).expect(case);
    let items: Vec<_> = set.items(tag::STRUCTURE_SET_ROI_SEQUENCE).collect();
    assert_eq!(items.len(), 1, "{case}");
    let item = items[0].as_ref().expect(case);
    assert_eq!(
        item.integer(tag::ROI_NUMBER).expect(case),
        Some(7),
        "{case}"
    );
    assert!(set.has(tag::PIXEL_DATA), "what follows is found: {case}");
}

#[test]
fn sequences_with_and_without_lengths() {
    let sequence = [0x06, 0x30, 0x20, 0x00];
    let pixels = [0xE0, 0x7F, 0x10, 0x00, 2, 0, 0, 0, 1, 2];
    let closed_item = [&ITEM[..], &[10, 0, 0, 0], &roi_number()].concat();
    let open_item = [&ITEM[..], &OPEN, &roi_number(), &ITEM_END].concat();
    for (name, item) in [("closed item", closed_item), ("open item", open_item)] {
        let closed = [
            &sequence[..],
            &(item.len() as u32).to_le_bytes(),
            &item,
            &pixels,
        ]
        .concat();
        check_sequence(
            &closed,
            Encoding::IMPLICIT_LITTLE,
            &format!("closed, {name}"),
        );
        let open = [&sequence[..], &OPEN, &item, &SEQUENCE_END, &pixels].concat();
        check_sequence(&open, Encoding::IMPLICIT_LITTLE, &format!("open, {name}"));
        // A writer that did not know the sequence copied it as it was, in the implicit encoding.
        let pixels = [0xE0, 0x7F, 0x10, 0x00, b'O', b'W', 0, 0, 2, 0, 0, 0, 1, 2];
        let unknown = [
            &sequence[..],
            b"UN\0\0",
            &OPEN,
            &item,
            &SEQUENCE_END,
            &pixels,
        ]
        .concat();
        check_sequence(
            &unknown,
            Encoding::EXPLICIT_LITTLE,
            &format!("unknown, {name}"),
        );
    }
}

/// A published reader followed such a file until its stack overflowed, which ends the process.
#[test]
fn deep_nesting_is_refused() {
    let level = [&[0x06, 0x30, 0x20, 0x00][..], &OPEN, &ITEM, &OPEN].concat();
    let nested = |depth: usize| {
        let mut bytes = level.repeat(depth);
        bytes.extend([&ITEM_END[..], &SEQUENCE_END].concat().repeat(depth));
        bytes
    };
    parse(&nested(32), Encoding::IMPLICIT_LITTLE).expect("32 levels are read");
    assert_eq!(
        refusal(&nested(200_000), Encoding::IMPLICIT_LITTLE),
        "damaged at byte 520: sequences nested too deeply"
    );
}

#[test]
fn damage_is_named() {
    let implicit = Encoding::IMPLICIT_LITTLE;
    let explicit = Encoding::EXPLICIT_LITTLE;
    for (bytes, encoding, expected) in [
        (
            &b"\xE0\x7F\x10\x00OW\0\0\xF0\xFF\xFF\xFF\0\0"[..],
            explicit,
            "damaged or truncated at byte 12: expected 4294967280 bytes, 2 are left",
        ),
        (
            b"\x28\x00\x10",
            explicit,
            "damaged or truncated at byte 2: expected 2 bytes, 1 are left",
        ),
        (
            b"\x28\x00\x10\x00XY\x02\x00\x01\x00",
            explicit,
            "damaged at byte 6: a value representation that does not exist",
        ),
        (
            b"\xFE\xFF\x0D\xE0\0\0\0\0",
            implicit,
            "damaged at byte 8: an item or a delimiter outside a sequence",
        ),
        (
            b"\x06\x30\x20\x00\xFF\xFF\xFF\xFF\x28\x00\x10\x00\0\0\0\0",
            implicit,
            "damaged at byte 16: something that is no item in a sequence",
        ),
        (
            b"\x28\x00\x10\x00\0\0\0\0\x28\x00\x10\x00\0\0\0\0",
            implicit,
            "the element (0028,0010) occurs twice",
        ),
    ] {
        assert_eq!(
            refusal(bytes, encoding),
            expected,
            "{}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn values() {
    let element = |value: &[u8]| {
        let length = (value.len() as u32).to_le_bytes();
        [&[0x28, 0x00, 0x30, 0x00][..], &length, value].concat()
    };
    let decimals = |value: &[u8]| {
        parse(&element(value), Encoding::IMPLICIT_LITTLE)
            .and_then(|set| set.decimals(tag::PIXEL_SPACING))
            .map_err(|problem| problem.to_string())
    };
    assert_eq!(
        decimals(b" 0.5 \\+1E-1\\-2 \0"),
        Ok(Some(vec![0.5, 0.1, -2.0]))
    );
    assert_eq!(decimals(b"  "), Ok(None), "blanks are no value");
    for value in ["nan", "1e999", "1,5", "1\\", "0x1"] {
        let message = decimals(value.as_bytes()).expect_err(value);
        assert!(
            message.starts_with("PixelSpacing (0028,0030): expected finite decimal numbers"),
            "{value}: {message}"
        );
    }
    let text = |value: &[u8]| {
        let bytes = element(value);
        let set = parse(&bytes, Encoding::IMPLICIT_LITTLE).expect("one element");
        set.text(tag::PIXEL_SPACING).unwrap_or_default()
    };
    assert_eq!(text("Bösartig ".as_bytes()), "Bösartig", "UTF-8");
    assert_eq!(text(b"B\xF6sartig "), "Bösartig", "Latin-1");
    assert_eq!(
        text(b"\x1B[2J"),
        "\u{FFFD}[2J",
        "nothing that steers a terminal"
    );
}

proptest! {
    /// Whatever the bytes are: elements or a refusal, and every range inside the file.
    #[test]
    fn no_bytes_cause_a_panic(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(0xFF), Just(0xFE), Just(0x00), Just(0xE0)],
            0..200,
        ),
        is_explicit: bool,
    ) {
        let encoding = Encoding { is_explicit, is_big_endian: false };
        if let Ok(set) = parse(&bytes, encoding) {
            for item in set.items(tag::STRUCTURE_SET_ROI_SEQUENCE).flatten() {
                prop_assert!(item.bytes(tag::ROI_NAME).is_none_or(|name| name.len() <= bytes.len()));
            }
        }
    }
}
