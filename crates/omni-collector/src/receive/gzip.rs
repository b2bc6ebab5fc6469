//! Decompression that stops at a limit: a bomb costs no more than one large body.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::respond::Refused;

/// Decompresses all of `bytes`.
///
/// # Errors
/// [`Refused::TooLarge`] beyond `bytes_max`, [`Refused::BrokenEncoding`] when it is no whole gzip.
pub(super) fn decompress(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::with_capacity((bytes.len() * 4).min(bytes_max));
    let limit = bytes_max as u64 + 1;
    MultiGzDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut out)
        .map_err(|_| Refused::BrokenEncoding)?;
    if out.len() > bytes_max {
        Err(Refused::TooLarge)
    } else {
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gives_back_what_was_compressed_up_to_the_limit() {
        let body = vec![b'a'; 1_000];
        assert_eq!(decompress(&gzip(&body), 1_000), Ok(body.clone()));
        assert_eq!(decompress(&gzip(&body), 999), Err(Refused::TooLarge));
    }

    /// Its end is broken: who reads on beyond the limit finds that out, and has paid for all before it.
    #[test]
    fn a_bomb_is_read_up_to_the_limit_and_no_further() {
        let bomb = gzip(&vec![0; 16 * 1024 * 1024]);
        let broken = &bomb[..bomb.len() - 8];
        assert_eq!(decompress(broken, 1024 * 1024), Err(Refused::TooLarge));
    }

    #[test]
    fn what_is_no_whole_gzip_is_broken() {
        let whole = gzip(b"{\"a\":1}");
        for broken in [&b"{}"[..], &b""[..], &whole[..whole.len() - 1], &whole[..4]] {
            assert_eq!(
                decompress(broken, 1_000),
                Err(Refused::BrokenEncoding),
                "{broken:?}"
            );
        }
    }
}
