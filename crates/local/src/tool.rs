//! Runs the machine's own programs (mvn, npm, java, tar) to their end, quietly, and says what to install
//! when one is missing.

use crate::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// Lines of a failed program's output that an error carries.
const DETAIL_LINES_MAX: usize = 12;
/// Bytes of a log that are read to find its last lines.
const DETAIL_BYTES_MAX: u64 = 8 * 1024;

/// A program we need, and the words that tell how to get it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    /// The oldest major version that does.
    pub(crate) major_min: u32,
    pub(crate) install: &'static str,
}

pub(crate) const JAVA: Tool = Tool {
    program: "java",
    major_min: 17,
    install: "a Java 17 (or newer) runtime (Debian: apt-get install openjdk-17-jre-headless)",
};
pub(crate) const MAVEN: Tool = Tool {
    program: "mvn",
    major_min: 3,
    install: "Apache Maven (Debian: apt-get install maven)",
};
pub(crate) const NODE: Tool = Tool {
    program: "node",
    major_min: 20,
    install: "Node.js 20 or newer (https://nodejs.org)",
};
pub(crate) const NPM: Tool = Tool {
    program: "npm",
    major_min: 9,
    install: "Node.js 20 or newer, which brings npm (https://nodejs.org)",
};
pub(crate) const TAR: Tool = Tool {
    program: "tar",
    major_min: 1,
    install: "tar (Debian: apt-get install tar)",
};

impl Tool {
    /// Refuses a program that is missing or too old.
    pub(crate) fn check(self) -> Result<(), Error> {
        let output = Command::new(self.program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|source| self.not_started(source))?;
        let said = String::from_utf8_lossy(&output.stdout);
        match major(&said) {
            Some(found) if found < self.major_min => Err(Error::TooOld {
                program: self.program,
                found,
                install: self.install,
            }),
            // What does not tell its version is taken as it is.
            _ => Ok(()),
        }
    }

    /// Runs it to its end with no input; its output is kept for the error alone.
    pub(crate) fn run<S: AsRef<OsStr>>(
        self,
        arguments: impl IntoIterator<Item = S>,
        directory: &Path,
    ) -> Result<(), Error> {
        let output = Command::new(self.program)
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| self.not_started(source))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(Error::Failed {
            what: self.program.to_owned(),
            detail: last_lines(&said),
        })
    }

    /// A missing program is told from one that would not start.
    pub(crate) fn not_started(self, source: std::io::Error) -> Error {
        if source.kind() == std::io::ErrorKind::NotFound {
            Error::Missing {
                program: self.program,
                install: self.install,
            }
        } else {
            Error::Io {
                what: format!("could not run {}", self.program),
                source,
            }
        }
    }
}

/// The first number of what a program says about its version; some say it in colours whoever listens.
fn major(said: &str) -> Option<u32> {
    let said = anstream::adapter::strip_str(said).to_string();
    let from = said.find(|letter: char| letter.is_ascii_digit())?;
    said.get(from..)?
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// The last few lines of a program's output, on one line.
pub(crate) fn last_lines(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let from = lines.len().saturating_sub(DETAIL_LINES_MAX);
    lines.get(from..).unwrap_or_default().join(" | ")
}

/// The last few lines of a log file written since `from`; empty when there is none.
pub(crate) fn end_of_log(log: &Path, from: u64) -> String {
    use std::io::{Read, Seek, SeekFrom};
    let mut said = Vec::new();
    if let Ok(mut file) = std::fs::File::open(log) {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let start = from.max(length.saturating_sub(DETAIL_BYTES_MAX));
        if file.seek(SeekFrom::Start(start)).is_ok() {
            let _ = file.take(DETAIL_BYTES_MAX).read_to_end(&mut said);
        }
    }
    last_lines(&said)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_missing_program_is_one_line_that_says_what_to_install() {
        let tool = Tool {
            program: "omni-no-such-program",
            major_min: 1,
            install: "it from nowhere",
        };
        let error = tool.run(["x"], Path::new("/")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "omni-no-such-program is missing: install it from nowhere"
        );
    }

    #[test]
    fn a_version_is_found_in_what_programs_say() {
        assert_eq!(major("openjdk 17.0.15 2025-04-15"), Some(17));
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("Apache Maven 3.8.7"), Some(3));
        assert_eq!(major("\x1b[1mApache Maven 3.8.7\x1b[m"), Some(3));
        assert_eq!(major("no number"), None);
    }

    #[test]
    fn a_program_that_is_too_old_is_told_with_its_version() {
        let error = Tool {
            major_min: 1000,
            ..TAR
        }
        .check()
        .unwrap_err();
        assert!(
            error.to_string().starts_with("tar 1 is too old: install tar"),
            "{error}"
        );
        assert!(TAR.check().is_ok());
    }

    #[test]
    fn a_failing_program_is_quoted_by_its_last_lines() {
        let error = TAR.run(["-xf", "/no/such/archive"], Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("/no/such/archive"), "{error}");
    }
}
