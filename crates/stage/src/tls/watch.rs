//! Looks at the files, and takes a pair that changed.
//!
//! Their content is compared, not their times: whoever replaces a folder by a link, as Kubernetes does, leaves those as they like.

use std::time::Duration;

use super::Tls;
use super::certificate::{self, CertificateError, Content};
use crate::Shutdown;

/// A change is acted on once two looks found the same: its two files are not written at one moment.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Tls {
    /// Keeps the certificate that of its files until a stop is requested. A pair that cannot be used is told once, and the one
    /// before stays.
    pub async fn watch(self, shutdown: Shutdown) {
        // What cannot be read is `None`.
        let mut acted_on = Some(self.opened_with.clone());
        let mut seen = acted_on.clone();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = shutdown.requested() => return,
            }
            let looked = self.look().await;
            let found = looked.as_ref().ok().cloned();
            if found != acted_on && found == seen {
                self.act(looked);
                acted_on.clone_from(&found);
            }
            seen = found;
        }
    }

    async fn look(&self) -> Result<Content, CertificateError> {
        let files = self.files.clone();
        let looked = tokio::task::spawn_blocking(move || certificate::look(&files)).await;
        looked.unwrap_or_else(|stopped| {
            Err(CertificateError::Read {
                path: self.files.certificate.clone(),
                source: std::io::Error::other(stopped),
            })
        })
    }

    fn act(&self, looked: Result<Content, CertificateError>) {
        let certified = looked.and_then(|content| certificate::certify(&self.files, &content));
        let fresh = certified.and_then(|certificate| {
            if certificate.has_ended() {
                let path = self.files.certificate.clone();
                return Err(CertificateError::Ended { path });
            }
            Ok(certificate)
        });
        let outcome = match fresh {
            Ok(certificate) => {
                self.take(&certificate);
                tracing::info!(path = %self.files.certificate.display(), "new connections get the new certificate");
                "taken"
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the new certificate cannot be used, the one before stays"
                );
                "refused"
            }
        };
        self.figures.reloads.with_label_values(&[outcome]).inc();
    }
}
