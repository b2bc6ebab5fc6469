//! Template folders on disk: which there are, and the texts in one.
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// A template's files: (path inside its folder, text).
pub type Files = Vec<(String, String)>;

const MANIFEST: &str = "template.toml";
/// Files of one template.
const FILES_MAX: usize = 2_000;
/// Bytes of one file.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Folders inside a template's folder.
const DEPTH_MAX: usize = 4;

/// Why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{path} holds more than {FILES_MAX} files")]
    Full { path: String },
    #[error("{path} is larger than {BYTES_MAX} bytes")]
    Large { path: String },
}

/// The folders `<dir>/<id>/<version>` with a manifest in them, in order of name; hidden ones are passed over.
pub(crate) fn versions(dir: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let mut found = Vec::new();
    for id in folders(dir)? {
        found.extend(folders(&id)?);
    }
    found.retain(|folder| folder.join(MANIFEST).is_file());
    Ok(found)
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let unreadable = |source| FolderError::Unreadable {
        path: dir.display().to_string(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !is_hidden {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The texts of a template's folder; a file that is not text is no part of a template, nor is a hidden one.
pub fn files_of(folder: &Path) -> Result<Files, FolderError> {
    let mut files = Files::new();
    for (path, _) in listed(folder)? {
        let bytes = std::fs::read(&path).map_err(|source| FolderError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        let inside = path.strip_prefix(folder).unwrap_or(&path);
        if let (Some(inside), Ok(text)) = (inside.to_str(), String::from_utf8(bytes)) {
            files.push((inside.to_owned(), text));
        }
    }
    Ok(files)
}

/// Every file of a folder, with its length, in order of path.
pub(crate) fn listed(folder: &Path) -> Result<Vec<(PathBuf, std::fs::Metadata)>, FolderError> {
    let shown = || folder.display().to_string();
    let unreadable = |error: walkdir::Error| FolderError::Unreadable {
        path: shown(),
        source: error.into(),
    };
    let mut found = Vec::new();
    let walk = WalkDir::new(folder)
        .follow_links(true)
        .max_depth(DEPTH_MAX)
        .sort_by_file_name();
    let is_hidden =
        |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    for entry in walk.into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let entry = entry.map_err(unreadable)?;
        let about = entry.metadata().map_err(unreadable)?;
        if !about.is_file() {
            continue;
        }
        if about.len() > BYTES_MAX {
            let path = entry.path().display().to_string();
            return Err(FolderError::Large { path });
        }
        found.push((entry.into_path(), about));
        if found.len() > FILES_MAX {
            return Err(FolderError::Full { path: shown() });
        }
    }
    Ok(found)
}
