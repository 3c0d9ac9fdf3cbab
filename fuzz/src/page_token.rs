//! Page tokens.

use grpc::pages::Cursor;

/// A cursor is read as it is written and no other way. That nobody makes a token without the
/// key is what its tag is for; what stands under the tag is tried here.
pub fn run(bytes: &[u8]) {
    if let Some(cursor) = Cursor::from_bytes(bytes) {
        assert_eq!(cursor.to_bytes(), bytes);
    }
}
