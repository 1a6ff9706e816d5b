//! Trusted documents: the only ones that a signed-in browser may run in production mode, from the manifest of the app's build.

use std::{collections::HashMap, sync::Arc};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, Result},
    events::hex,
};

/// What the app's build says that it will ask: documents by their SHA-256, and by the ids that the build gave them.
#[derive(Clone, Debug, Default)]
pub struct TrustedDocuments {
    by_hash: HashMap<String, Arc<str>>,
    by_own_id: HashMap<String, Arc<str>>,
}

/// The forms in which builds write a manifest.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    /// Apollo's: `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id", "body", …}]}`.
    Operations { operations: Vec<Operation> },
    /// GraphQL Code Generator's and Relay's: `{"ID": "DOCUMENT", …}`.
    Plain(HashMap<String, String>),
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

/// How a request names its document, and the text that it brings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `documentId`, as the appendix of GraphQL over HTTP on persisted documents has it.
    pub document_id: Option<&'a str>,
    /// `extensions.persistedQuery.sha256Hash`, as Apollo's clients send it.
    pub hash: Option<&'a str>,
    /// `query`; empty when there is none.
    pub text: &'a str,
}

/// The name of a document in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentId {
    /// The SHA-256 of its text, in lower-case hexadecimal digits.
    Hash(String),
    /// An id that only the manifest knows.
    Own(String),
}

impl DocumentId {
    /// Reads `sha256:…`, the bare digits of a SHA-256, or an id of the build's own, which has no colon.
    pub fn read(text: &str) -> Result<Self> {
        let bad = |message: &str| Err(Error::BadInput(message.to_owned()));
        match text.split_once(':') {
            Some(("sha256", digits)) if is_hash(digits) => Ok(Self::Hash(digits.to_owned())),
            Some(("sha256", _)) => bad("`sha256:` is followed by 64 hexadecimal digits in lower case."),
            Some(_) => {
                bad("A document's id is `sha256:` and the SHA-256 of its text; no other prefix is known.")
            }
            None if is_hash(text) => Ok(Self::Hash(text.to_owned())),
            None if !text.is_empty() && text.len() <= 200 && text.bytes().all(is_unreserved) => {
                Ok(Self::Own(text.to_owned()))
            }
            None => bad("A document's id is 1 to 200 letters, digits, `-`, `.`, `_` or `~`."),
        }
    }

    /// As it is written in `documentId`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Hash(digits) => format!("sha256:{digits}"),
            Self::Own(id) => id.clone(),
        }
    }
}

impl TrustedDocuments {
    /// Reads a manifest; the error says what is wrong with it, and with which document.
    pub fn read(manifest: &str) -> Result<Self, String> {
        let shapes = "it must be {\"ID\": \"DOCUMENT\", …}, or have `operations` with `id` and `body`";
        let manifest: Manifest = serde_json::from_str(manifest)
            .map_err(|_| format!("This is no manifest of documents: {shapes}."))?;
        let entries = match manifest {
            Manifest::Plain(documents) => documents.into_iter().collect(),
            Manifest::Operations { operations } => {
                operations.into_iter().map(|operation| (operation.id, operation.body)).collect::<Vec<_>>()
            }
        };
        let mut documents = Self::default();
        for (id, text) in entries {
            match DocumentId::read(&id).map_err(|error| format!("The id `{id}` cannot be used: {error}"))? {
                DocumentId::Hash(digits) if digits != hash_of(&text) => {
                    return Err(format!("The document `{id}` is not the one of that SHA-256."));
                }
                DocumentId::Hash(_) => documents.trust(text),
                DocumentId::Own(id) => {
                    documents.by_own_id.insert(id, text.as_str().into());
                    documents.trust(text);
                }
            }
        }
        Ok(documents)
    }

    /// Adds a document.
    pub fn trust(&mut self, text: String) {
        self.by_hash.insert(hash_of(&text), text.into());
    }

    /// The SHA-256 and the text of each, in a fixed order.
    #[must_use]
    pub fn all(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<(&str, &str)> =
            self.by_hash.iter().map(|(hash, text)| (hash.as_str(), text.as_ref())).collect();
        all.sort_unstable();
        all
    }

    /// The text that a request asks for. One that is not trusted is refused, unless whoever asks may send any.
    pub fn text_of(&self, asked: Asked<'_>, may_send_any: bool) -> Result<String> {
        let bad = |message: &str| Err(Error::BadInput(message.to_owned()));
        let Some(id) = id_of(asked)? else {
            return if may_send_any || asked.text.is_empty() || self.by_hash.contains_key(&hash_of(asked.text))
            {
                Ok(asked.text.to_owned())
            } else {
                Err(Error::NotTrusted(not_among_them(&hash_of(asked.text))))
            };
        };
        let known = match &id {
            DocumentId::Hash(digits) => self.by_hash.get(digits),
            DocumentId::Own(id) => self.by_own_id.get(id),
        };
        match (known, &id) {
            (Some(text), _) if asked.text.is_empty() || asked.text == text.as_ref() => Ok(text.to_string()),
            (Some(_), _) => bad("The text of the request is not the document that its id names."),
            (None, DocumentId::Hash(digits)) if !asked.text.is_empty() => {
                if *digits != hash_of(asked.text) {
                    bad("The text of the request is not the document that its id names.")
                } else if may_send_any {
                    Ok(asked.text.to_owned())
                } else {
                    Err(Error::NotTrusted(not_among_them(digits)))
                }
            }
            (None, _) => {
                let how = if may_send_any { "send its text as `query`" } else { "build the manifest anew" };
                let message = format!("The manifest has no document `{}`; {how}.", id.text());
                Err(Error::NotTrusted(message))
            }
        }
    }
}

/// The SHA-256 of a text, in lower-case hexadecimal digits.
#[must_use]
pub fn hash_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn id_of(asked: Asked<'_>) -> Result<Option<DocumentId>> {
    let named = asked.document_id.map(DocumentId::read).transpose()?;
    let hashed = match asked.hash {
        Some(digits) if is_hash(digits) => Some(DocumentId::Hash(digits.to_owned())),
        Some(_) => {
            let message = "`persistedQuery.sha256Hash` is 64 hexadecimal digits in lower case.";
            return Err(Error::BadInput(message.to_owned()));
        }
        None => None,
    };
    match (named, hashed) {
        (Some(named), Some(hashed)) if named != hashed => {
            Err(Error::BadInput("`documentId` and `persistedQuery` name two documents.".to_owned()))
        }
        (named, hashed) => Ok(named.or(hashed)),
    }
}

fn not_among_them(hash: &str) -> String {
    format!(
        "In production mode a browser runs only the documents of the app's manifest, and `sha256:{hash}` is none of them. \
         Add it to the manifest, which `jfn documents` makes, or send it with an access token."
    )
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "query One { viewer { isCitywide } }";

    fn with_one() -> TrustedDocuments {
        TrustedDocuments::read(&serde_json::json!({ hash_of(ONE): ONE, "md5-like-1": ONE }).to_string())
            .expect("a manifest")
    }

    #[test]
    fn a_hash_is_the_one_of_the_standard() {
        // `printf %s abc | sha256sum`
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_of("abc"), abc);
    }

    #[test]
    fn the_manifests_of_common_builds_are_read() {
        let hash = hash_of(ONE);
        let operation = serde_json::json!({ "id": hash, "name": "One", "type": "query", "body": ONE });
        let manifests = [
            serde_json::json!({ hash.as_str(): ONE }),
            serde_json::json!({ format!("sha256:{hash}"): ONE }),
            serde_json::json!({ "0cc175b9c0f1b6a831c399e269772661": ONE }),
            serde_json::json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation] }),
        ];
        for manifest in manifests {
            let documents = TrustedDocuments::read(&manifest.to_string()).expect("a manifest");
            assert_eq!(documents.all(), [(hash.as_str(), ONE)], "{manifest}");
        }
    }

    #[test]
    fn a_manifest_whose_hash_is_of_another_text_is_refused() {
        let manifest = serde_json::json!({ hash_of("x"): ONE }).to_string();
        let wrong = TrustedDocuments::read(&manifest).expect_err("a wrong hash");
        assert!(wrong.contains(&hash_of("x")), "{wrong}");
        for broken in ["", "[]", "7", "{\"a\": 1}", "{\"operations\": [{}]}", "{\"md5:1\": \"{ a }\"}"] {
            assert!(TrustedDocuments::read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_is_named_by_any_of_its_names_is_found_and_nothing_else_is_run() {
        let documents = with_one();
        let (hash, other) = (hash_of(ONE), hash_of("{ other }"));
        let named = format!("sha256:{hash}");
        for asked in [
            Asked { document_id: Some(&named), ..Asked::default() },
            Asked { document_id: Some("md5-like-1"), ..Asked::default() },
            Asked { hash: Some(&hash), ..Asked::default() },
            Asked { hash: Some(&hash), document_id: Some(&named), text: ONE },
            Asked { text: ONE, ..Asked::default() },
        ] {
            assert_eq!(documents.text_of(asked, false).expect("trusted"), ONE, "{asked:?}");
        }
        for asked in [
            Asked { text: "{ other }", ..Asked::default() },
            Asked { hash: Some(&other), text: "{ other }", ..Asked::default() },
        ] {
            let refused = documents.text_of(asked, false).expect_err("not trusted");
            assert_eq!(refused.code(), "DOCUMENT_NOT_TRUSTED");
            assert_eq!(documents.text_of(asked, true).expect("a program may send any"), "{ other }");
        }
        for asked in [
            Asked { hash: Some(&hash), text: "{ other }", ..Asked::default() },
            Asked { hash: Some(&other), text: "{ another }", ..Asked::default() },
            Asked { hash: Some(&other), document_id: Some(&named), ..Asked::default() },
            Asked { hash: Some("ABC"), ..Asked::default() },
            Asked { document_id: Some("md5:1"), ..Asked::default() },
            Asked { document_id: Some(""), ..Asked::default() },
        ] {
            for may_send_any in [false, true] {
                let refused = documents.text_of(asked, may_send_any).expect_err("it contradicts itself");
                assert_eq!(refused.code(), "BAD_INPUT", "{asked:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_id_and_no_manifest_brings_the_reader_down(text in ".*") {
            let _ = TrustedDocuments::read(&text);
            if let Ok(id) = DocumentId::read(&text) {
                prop_assert_eq!(DocumentId::read(&id.text()).expect("what it writes it reads"), id);
            }
        }

        #[test]
        fn a_browser_gets_a_text_only_from_the_manifest(id in "(sha256:)?[0-9a-f]{64}|[a-z0-9.-]{0,9}", text in ".{0,60}") {
            let asked = Asked { document_id: Some(&id), hash: None, text: &text };
            let bare = Asked { text: &text, ..Asked::default() };
            for asked in [asked, bare] {
                if let Ok(run) = with_one().text_of(asked, false) {
                    prop_assert!(run == ONE || run.is_empty());
                }
            }
        }

        #[test]
        fn what_is_trusted_is_found_by_its_hash(texts in prop::collection::vec(".{1,60}", 1..8)) {
            let mut documents = TrustedDocuments::default();
            texts.iter().for_each(|text| documents.trust(text.clone()));
            let manifest: HashMap<_, _> = documents.all().into_iter().collect();
            let again = TrustedDocuments::read(&serde_json::to_string(&manifest).unwrap()).expect("what it writes it reads");
            for text in &texts {
                let id = format!("sha256:{}", hash_of(text));
                let asked = Asked { document_id: Some(&id), ..Asked::default() };
                prop_assert_eq!(&again.text_of(asked, false).expect("trusted"), text);
            }
        }
    }
}
