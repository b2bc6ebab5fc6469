//! Reads the body of an answer, up to a limit.

use crate::Error;

/// At most `limit_bytes` after decompression.
pub(crate) async fn read(
    endpoint: &'static str,
    mut answer: reqwest::Response,
    limit_bytes: usize,
) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        let chunk = answer.chunk().await.map_err(|source| Error::Unreachable {
            endpoint,
            source: source.without_url(),
        })?;
        let Some(chunk) = chunk else {
            return Ok(body);
        };
        if body.len() + chunk.len() > limit_bytes {
            return Err(Error::TooLarge {
                endpoint,
                limit_bytes,
            });
        }
        body.extend_from_slice(&chunk);
    }
}
