//! The codec of every call: prost's, behind a look at how many rows a batch has.
//!
//! A row without a value is two bytes on the wire and some fifty in memory: a
//! request within every limit of bytes could take thirty times as many before
//! any code of ours sees it. So the rows are counted before they are decoded.

use crate::v1::BatchPushDossiersRequest;
use prost::Message;
use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};
use std::any::TypeId;
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstDecoder, ProstEncoder};

/// Top-level fields of a batch at most: twice the rows that it may have, so that
/// a batch that is a little too large is refused by its service, in words.
const BATCH_FIELDS: usize = 4_096;

/// Encodes `T`, decodes `U`.
#[derive(Debug, Clone)]
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(ProstDecoder::default())
    }
}

/// Decodes `U`.
#[derive(Debug, Clone)]
pub struct BoundedDecoder<U>(ProstDecoder<U>);

impl<U: Message + Default + 'static> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        if TypeId::of::<U>() == TypeId::of::<BatchPushDossiersRequest>() {
            must_have_few_fields(bytes.chunk())?;
        }
        self.0.decode(bytes)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// Refuses a message of more than [`BATCH_FIELDS`] fields, those of its parts not counted.
fn must_have_few_fields(mut bytes: &[u8]) -> Result<(), Status> {
    let mut fields = 0;
    while bytes.has_remaining() {
        fields += 1;
        if fields > BATCH_FIELDS {
            return Err(Status::invalid_argument(
                "the batch has far more rows than one call may: send the run in several parts",
            ));
        }
        let (_, wire_type) = decode_key(&mut bytes).map_err(malformed)?;
        let length = match wire_type {
            WireType::Varint => decode_varint(&mut bytes).map(|_| 0),
            WireType::SixtyFourBit => Ok(8),
            WireType::LengthDelimited => decode_varint(&mut bytes),
            WireType::ThirtyTwoBit => Ok(4),
            WireType::StartGroup | WireType::EndGroup => return Err(malformed("a group")),
        };
        let length = usize::try_from(length.map_err(malformed)?).unwrap_or(usize::MAX);
        bytes = bytes.get(length..).ok_or_else(|| malformed("a field that is cut"))?;
    }
    Ok(())
}

fn malformed(what: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("the request is no message of registre.v1: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{DossierRow, RunDeclaration};

    fn batch(rows: usize) -> Vec<u8> {
        let row = DossierRow { request_id: String::new(), dossier: vec![0x0a, 0] };
        let run = Some(RunDeclaration { source: "cfa".into(), ..Default::default() });
        BatchPushDossiersRequest {
            run,
            rows: vec![row; rows],
            first_row: 7,
            more_parts_follow: true,
        }
        .encode_to_vec()
    }

    #[test]
    fn a_batch_of_the_most_rows_passes_and_a_flood_of_empty_ones_does_not() {
        assert!(must_have_few_fields(&batch(2_001)).is_ok());
        assert!(must_have_few_fields(&batch(5_000)).is_err());
        assert!(must_have_few_fields(&[0x12, 0x00].repeat(5_000_000)).is_err());
    }

    #[test]
    fn what_is_cut_or_no_message_is_refused() {
        let whole = batch(3);
        assert!(must_have_few_fields(&whole[..whole.len() - 3]).is_err());
        assert!(must_have_few_fields(&[0x12, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_err());
        assert!(must_have_few_fields(&[0x0b]).is_err(), "a group");
        assert!(must_have_few_fields(&[]).is_ok());
    }
}
