//! The public body of an event as JSON, read from its stored bytes by the
//! schema of record, so that nothing is lost or renamed on the way.

use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};

/// Why a body could not be shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BodyError {
    /// The type is not in the schema of this version.
    #[error("event type {0} is not in the schema")]
    UnknownType(String),
    /// The schema or the bytes are broken.
    #[error("the body cannot be decoded: {0}")]
    Broken(String),
}

/// Shows bodies by the schema that is compiled in.
#[derive(Debug, Clone)]
pub struct Bodies {
    pool: DescriptorPool,
}

impl Bodies {
    /// Reads the schema.
    ///
    /// # Errors
    /// [`BodyError::Broken`] when the compiled-in schema cannot be read.
    pub fn new() -> Result<Self, BodyError> {
        DescriptorPool::decode(proto::v1::FILE_DESCRIPTOR_SET)
            .map(|pool| Self { pool })
            .map_err(|error| BodyError::Broken(error.to_string()))
    }

    /// The body as JSON with the field names of `events.proto`; bytes are
    /// base64 and 64-bit numbers are text, as ProtoJSON has them.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub fn json(&self, message: &str, body: &[u8]) -> Result<String, BodyError> {
        let descriptor = self
            .pool
            .get_message_by_name(&format!("registre.v1.{message}"))
            .ok_or_else(|| BodyError::UnknownType(message.to_owned()))?;
        let broken = |error: &dyn std::fmt::Display| BodyError::Broken(error.to_string());
        let message = DynamicMessage::decode(descriptor, body).map_err(|e| broken(&e))?;
        let mut json = serde_json::Serializer::new(Vec::new());
        let options = SerializeOptions::new().use_proto_field_name(true);
        message.serialize_with_options(&mut json, &options).map_err(|e| broken(&e))?;
        String::from_utf8(json.into_inner()).map_err(|e| broken(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    #[test]
    fn a_body_is_shown_with_the_names_of_the_schema() {
        let body = proto::v1::ContractBroken {
            contract: vec![1; 16],
            effective_day: 20_000,
            mode: proto::v1::RuptureMode::Liquidation as i32,
            ..Default::default()
        };
        let json = Bodies::new().unwrap().json("ContractBroken", &body.encode_to_vec()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["effective_day"], 20_000);
        assert_eq!(value["mode"], "RUPTURE_MODE_LIQUIDATION");
    }

    #[test]
    fn broken_bytes_and_unknown_types_are_told_apart() {
        let bodies = Bodies::new().unwrap();
        assert!(matches!(bodies.json("Nothing", &[]), Err(BodyError::UnknownType(_))));
        assert!(matches!(bodies.json("ContractBroken", &[0xff]), Err(BodyError::Broken(_))));
    }
}
