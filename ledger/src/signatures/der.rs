//! What a certificate says that its key may do: the extension KeyUsage, which path validation does not look at.
//!
//! Source: RFC 5280 4.1 (the certificate) and 4.2.1.3 (KeyUsage), X.690 (DER).

/// id-ce-keyUsage, as DER has it.
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
/// The first bits of the extension: digitalSignature, and contentCommitment, once called nonRepudiation.
const SIGNS: u8 = 0b1100_0000;

const BOOLEAN: u8 = 0x01;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[3]`, under which a certificate has its extensions.
const EXTENSIONS: u8 = 0xA3;

/// Whether a certificate's key may sign documents: it says so, or says nothing of what it is for. One that cannot be
/// read may not.
pub(super) fn may_sign(certificate: &[u8]) -> bool {
    match key_usage(certificate) {
        Some(Some(usage)) => usage & SIGNS != 0,
        Some(None) => true,
        None => false,
    }
}

/// The first byte of KeyUsage; `Some(None)` without the extension, `None` when it is no certificate.
fn key_usage(certificate: &[u8]) -> Option<Option<u8>> {
    let mut whole = certificate;
    let mut certificate = value(&mut whole, SEQUENCE)?;
    let mut fields = value(&mut certificate, SEQUENCE)?;
    while !fields.is_empty() {
        let (tag, mut content) = element(&mut fields)?;
        if tag != EXTENSIONS {
            continue;
        }
        let mut extensions = value(&mut content, SEQUENCE)?;
        while !extensions.is_empty() {
            let mut extension = value(&mut extensions, SEQUENCE)?;
            let is_usage = value(&mut extension, OBJECT_IDENTIFIER)? == KEY_USAGE;
            let (mut tag, mut content) = element(&mut extension)?;
            if tag == BOOLEAN {
                (tag, content) = element(&mut extension)?;
            }
            if is_usage && tag == OCTET_STRING {
                // How many bits of the last byte count, then the bytes.
                return value(&mut content, BIT_STRING)?.get(1).copied().map(Some);
            }
        }
    }
    Some(None)
}

/// The content of the next element, which has a tag.
fn value<'a>(rest: &mut &'a [u8], expected: u8) -> Option<&'a [u8]> {
    element(rest).filter(|(tag, _)| *tag == expected).map(|(_, content)| content)
}

/// The next element: its tag and its content.
fn element<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&tag, after) = rest.split_first()?;
    let (&first, after) = after.split_first()?;
    let (length, after) = match usize::from(first) {
        short @ 0..=0x7F => (short, after),
        long => {
            let (digits, after) = after.split_at_checked(long & 0x7F)?;
            if !(1..=4).contains(&digits.len()) {
                return None;
            }
            let add = |length: usize, byte: &u8| length << 8 | usize::from(*byte);
            (digits.iter().fold(0, add), after)
        }
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    Some((tag, content))
}
