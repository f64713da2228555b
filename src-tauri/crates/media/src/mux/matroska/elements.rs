//! EBML elements as bytes (RFC 8794): an id, a size, a body.

/// Element ids of Matroska (RFC 9559 §5) that are written outside of the head.
pub(super) mod id {
    pub(in super::super) const EBML: u32 = 0x1a45_dfa3;
    pub(in super::super) const SEGMENT: u32 = 0x1853_8067;
    pub(in super::super) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(in super::super) const INFO: u32 = 0x1549_a966;
    pub(in super::super) const TRACKS: u32 = 0x1654_ae6b;
    pub(in super::super) const CLUSTER: u32 = 0x1f43_b675;
    pub(in super::super) const TIMESTAMP: u32 = 0xe7;
    pub(in super::super) const SIMPLE_BLOCK: u32 = 0xa3;
    pub(in super::super) const BLOCK_GROUP: u32 = 0xa0;
    pub(in super::super) const BLOCK: u32 = 0xa1;
    pub(in super::super) const DISCARD_PADDING: u32 = 0x75a2;
    pub(in super::super) const CUES: u32 = 0x1c53_bb6b;
    pub(in super::super) const CUE_POINT: u32 = 0xbb;
    pub(in super::super) const CUE_TIME: u32 = 0xb3;
    pub(in super::super) const CUE_TRACK_POSITIONS: u32 = 0xb7;
    pub(in super::super) const CUE_TRACK: u32 = 0xf7;
    pub(in super::super) const CUE_CLUSTER_POSITION: u32 = 0xf1;
    pub(in super::super) const TAGS: u32 = 0x1254_c367;
    pub(in super::super) const VOID: u32 = 0xec;
}

/// Appends an element whose body `body` appends.
pub(super) fn master(out: &mut Vec<u8>, id: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let mut inside = Vec::new();
    body(&mut inside);
    binary(out, id, &inside);
}

pub(super) fn binary(out: &mut Vec<u8>, id: u32, body: &[u8]) {
    head(out, id, body.len() as u64);
    out.extend_from_slice(body);
}

pub(super) fn text(out: &mut Vec<u8>, id: u32, value: &str) {
    binary(out, id, value.as_bytes());
}

/// An unsigned integer in as few bytes as hold it (RFC 8794 §7.2).
pub(super) fn uint(out: &mut Vec<u8>, id: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let spare = (value.leading_zeros() as usize / 8).min(7);
    binary(out, id, bytes.get(spare..).unwrap_or(&bytes));
}

/// A signed integer (RFC 8794 §7.1), always in 8 bytes.
pub(super) fn int(out: &mut Vec<u8>, id: u32, value: i64) {
    binary(out, id, &value.to_be_bytes());
}

/// A float (RFC 8794 §7.3), always in 8 bytes.
pub(super) fn float(out: &mut Vec<u8>, id: u32, value: f64) {
    binary(out, id, &value.to_be_bytes());
}

/// Appends id and size of an element whose body of `size` bytes follows.
pub(super) fn head(out: &mut Vec<u8>, id: u32, size: u64) {
    push_id(out, id);
    // All bits set mean an unknown size (RFC 8794 §6.2), so a number that is all ones needs a byte
    // more.
    let width = (1..8)
        .find(|width| size < (1 << (7 * width)) - 1)
        .unwrap_or(8);
    push_size(out, size, width);
}

/// [`head`] with the size in 8 bytes, so that it can be written again with another one.
pub(super) fn wide_head(out: &mut Vec<u8>, id: u32, size: u64) {
    push_id(out, id);
    push_size(out, size, 8);
}

/// [`head`] of an element that reaches up to the end of the file (RFC 8794 §6.2), in 8 bytes.
pub(super) fn open_head(out: &mut Vec<u8>, id: u32) {
    wide_head(out, id, (1 << 56) - 1);
}

/// Appends exactly `len` bytes that mean nothing (RFC 8794 §11.3.2); there is no such element of 1
/// byte.
pub(super) fn void(out: &mut Vec<u8>, len: usize) {
    let end = out.len() + len;
    match len {
        0 | 1 => {}
        2..=9 => head(out, id::VOID, len as u64 - 2),
        _ => wide_head(out, id::VOID, len as u64 - 9),
    }
    out.resize(end, 0);
}

/// An id carries its own length marker (RFC 8794 §5), so its bytes are written as they are.
fn push_id(out: &mut Vec<u8>, id: u32) {
    let bytes = id.to_be_bytes();
    let spare = (id.leading_zeros() as usize / 8).min(3);
    out.extend_from_slice(bytes.get(spare..).unwrap_or(&bytes));
}

/// `size` as a number of `width` bytes, 1 to 8 (RFC 8794 §4).
fn push_size(out: &mut Vec<u8>, size: u64, width: usize) {
    let bytes = (size | 1 << (7 * width)).to_be_bytes();
    out.extend_from_slice(bytes.get(8 - width..).unwrap_or(&bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn sizes_take_as_few_bytes_as_hold_them() {
        assert_eq!(written(|out| head(out, 0xa3, 126)), [0xa3, 0xfe]);
        assert_eq!(written(|out| head(out, 0xa3, 127)), [0xa3, 0x40, 127]);
        assert_eq!(
            written(|out| head(out, 0x75a2, 16_383)),
            [0x75, 0xa2, 0x20, 0x3f, 0xff]
        );
        assert_eq!(
            written(|out| wide_head(out, 0xec, 5)),
            [0xec, 1, 0, 0, 0, 0, 0, 0, 5]
        );
        assert_eq!(
            written(|out| open_head(out, id::SEGMENT)),
            [0x18, 0x53, 0x80, 0x67, 1, 255, 255, 255, 255, 255, 255, 255]
        );
    }

    #[test]
    fn numbers_take_as_few_bytes_as_hold_them() {
        assert_eq!(written(|out| uint(out, 0xe7, 0)), [0xe7, 0x81, 0]);
        assert_eq!(written(|out| uint(out, 0xe7, 255)), [0xe7, 0x81, 255]);
        assert_eq!(written(|out| uint(out, 0xe7, 256)), [0xe7, 0x82, 1, 0]);
        assert_eq!(written(|out| uint(out, 0xe7, u64::MAX)).len(), 10);
        assert_eq!(
            written(|out| int(out, 0x75a2, -2)),
            [0x75, 0xa2, 0x88, 255, 255, 255, 255, 255, 255, 255, 254]
        );
        assert_eq!(
            written(|out| float(out, 0xb5, 1.0)),
            [0xb5, 0x88, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn void_fills_any_room_but_one_byte() {
        for len in (0..300).filter(|len| *len != 1) {
            assert_eq!(written(|out| void(out, len)).len(), len);
        }
        assert_eq!(written(|out| void(out, 2)), [0xec, 0x80]);
        assert_eq!(written(|out| void(out, 4)), [0xec, 0x82, 0, 0]);
    }
}
