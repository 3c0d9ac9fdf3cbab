//! The frames that one side of an HTTP/2 connection sends (RFC 9113, section 4).

/// Bytes of a frame's header.
const HEADER: usize = 9;
/// The type of a DATA frame.
const DATA: u8 = 0;

/// Cuts the bytes of one direction into frames, and says which call carried the
/// first byte of each DATA frame that is not empty.
#[derive(Debug, Default)]
pub struct Frames {
    /// Bytes not yet part of a whole frame header, each with its call.
    waiting: Vec<(u8, usize)>,
    /// Bytes of the current frame's payload still to come.
    payload: usize,
}

impl Frames {
    /// Takes the bytes of one call, and gives the calls in which a DATA frame begins.
    pub fn take(&mut self, call: usize, bytes: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        for byte in bytes {
            if self.payload > 0 {
                self.payload -= 1;
                continue;
            }
            self.waiting.push((*byte, call));
            if self.waiting.len() == HEADER {
                let at = |rank: usize| self.waiting[rank].0;
                let length = u32::from_be_bytes([0, at(0), at(1), at(2)]) as usize;
                if at(3) == DATA && length > 0 {
                    found.push(self.waiting[0].1);
                }
                self.payload = length;
                self.waiting.clear();
            }
        }
        found
    }
}
