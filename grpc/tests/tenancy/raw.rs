//! Any call of the API as bytes.

use grpc::client::{Credential, Keyed};
use prost::bytes::{Buf, BufMut};
use tonic::client::Grpc;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

/// Messages of an answer that are read.
const MESSAGES: usize = 200;

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) messages: Vec<Vec<u8>>,
    pub(crate) status: Option<Status>,
}

impl Answer {
    pub(crate) fn code(&self) -> Code {
        self.status.as_ref().map_or(Code::Ok, Status::code)
    }

    pub(crate) fn reason(&self) -> String {
        let details = self.status.as_ref().map(StatusExt::get_error_details);
        let info = details.and_then(|details| details.error_info().cloned());
        info.map(|info| info.reason).unwrap_or_default()
    }

    /// The name that is told not to exist.
    pub(crate) fn missing(&self) -> Option<String> {
        let status = self.status.as_ref().filter(|status| status.code() == Code::NotFound)?;
        status.get_error_details().error_info()?.metadata.get("name").cloned()
    }

    /// All of it, to be searched and compared: messages, code, message, details.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.messages.concat();
        if let Some(status) = &self.status {
            bytes.extend(format!("{:?}{}", status.code(), status.message()).into_bytes());
            bytes.extend(status.details());
            let mut headers = status.metadata().clone();
            headers.remove("date");
            bytes.extend(format!("{headers:?}").into_bytes());
        }
        bytes
    }

    pub(crate) fn has(&self, marker: &str) -> bool {
        self.bytes().windows(marker.len()).any(|window| window == marker.as_bytes())
    }

    /// The only message.
    pub(crate) fn read<M: prost::Message + Default>(&self) -> M {
        M::decode(self.messages[0].as_slice()).unwrap()
    }
}

/// A connection with a credential.
pub(crate) async fn connect(address: &str, credential: Credential) -> Keyed {
    let channel = Endpoint::from_shared(address.to_owned()).unwrap().connect().await.unwrap();
    InterceptedService::new(channel, credential)
}

/// Calls a method with messages.
pub(crate) async fn call(channel: &Keyed, path: &str, messages: Vec<Vec<u8>>) -> Answer {
    let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(64 << 20);
    grpc.ready().await.unwrap();
    let path = path.parse().unwrap();
    let request = Request::new(futures::stream::iter(messages));
    let mut answer = Answer { messages: Vec::new(), status: None };
    match grpc.streaming(request, path, Raw).await {
        Err(status) => answer.status = Some(status),
        Ok(response) => {
            let mut stream = response.into_inner();
            while answer.messages.len() < MESSAGES {
                match stream.message().await {
                    Ok(Some(message)) => answer.messages.push(message),
                    Ok(None) => break,
                    Err(status) => {
                        answer.status = Some(status);
                        break;
                    }
                }
            }
        }
    }
    answer
}

/// Bytes as they are.
#[derive(Debug, Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}
