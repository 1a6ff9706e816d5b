//! The feeds a city reads, and the category of each of their call types.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use entity::{call::CallCategory, feed::FeedKind};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Document, words},
    error::PresetError,
    schedule::Schedule,
};
use crate::feeds::{
    Connection, Connector, FeedError, Start,
    arcgis::Arcgis,
    drop::Folder,
    mapping::{FeedMapping, key_of},
    soda::Soda,
};

/// A feed of calls for service.
#[derive(Clone, Debug)]
pub struct Feed {
    pub key: String,
    pub name: String,
    pub kind: FeedKind,
    /// Who publishes it, and what its call types mean.
    pub source: String,
    pub mapping: FeedMapping,
    /// How often it is read, and when it is late.
    pub schedule: Schedule,
    /// Where it is fetched from; none for a feed that is pushed, or loaded by hand.
    pub connection: Option<Connection>,
    /// How what is pushed proves its origin, besides its token.
    pub push: Push,
    /// By call type in upper case with white space folded. A type that is missing here is unmapped and never counts.
    pub call_types: BTreeMap<String, CallCategory>,
}

/// How what is pushed proves its origin, besides its token: the `[push]` of a feed's file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// Every request bears a signature, by the key of the file or of the environment.
    pub signed: bool,
    /// The file that holds the key; otherwise it comes from the environment.
    pub signing_key_file: Option<PathBuf>,
}

impl Feed {
    /// Whether it is read by a schedule: it is fetched from somewhere, and the city states how often.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.connection.is_some() && self.schedule.every().is_some()
    }

    /// What fetches the feed, set up for one run; none for a feed that is not fetched.
    pub fn connector(&self, start: Start) -> Result<Option<Box<dyn Connector>>, FeedError> {
        let Some(connection) = &self.connection else { return Ok(None) };
        Ok(match self.kind {
            FeedKind::Soda => Some(Box::new(Soda::new(&self.mapping, connection, start)?)),
            FeedKind::Arcgis => Some(Box::new(Arcgis::new(&self.mapping, connection, start)?)),
            FeedKind::Csv => Some(Box::new(Folder::new(&self.mapping, connection, start)?)),
            FeedKind::Push => None,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedToml {
    key: Spanned<String>,
    #[serde(deserialize_with = "words")]
    name: String,
    kind: FeedKind,
    #[serde(deserialize_with = "words")]
    source: String,
    /// Another feed whose call types this one shares.
    call_types_from: Option<Spanned<String>>,
    mapping: FeedMapping,
    #[serde(default)]
    schedule: Schedule,
    connection: Option<Spanned<Connection>>,
    #[serde(default)]
    push: Push,
    /// Listed by category, as people check them.
    #[serde(default)]
    call_types: BTreeMap<CallCategory, Vec<Spanned<String>>>,
}

pub(super) fn read(documents: Vec<Document<'_>>) -> Result<Vec<Feed>, PresetError> {
    let mut keys = BTreeSet::new();
    let mut feeds = Vec::with_capacity(documents.len());
    let mut borrowed = Vec::new();
    for document in documents {
        let feed: FeedToml = document.parse()?;
        let call_types = call_types(document, feed.call_types)?;
        document.unique(&mut keys, &feed.key, "the feed")?;
        if document.name != format!("feeds/{}.toml", feed.key.get_ref()) {
            let reason = format!("the file of feed `{0}` must be named {0}.toml", feed.key.get_ref());
            return Err(document.wrong(&feed.key, reason));
        }
        if let Some(from) = feed.call_types_from {
            borrowed.push((feeds.len(), document, from));
        }
        feeds.push(Feed {
            key: feed.key.into_inner(),
            name: feed.name,
            kind: feed.kind,
            source: feed.source,
            connection: connection(document, feed.kind, feed.connection)?,
            push: feed.push,
            mapping: feed.mapping,
            schedule: feed.schedule,
            call_types,
        });
    }
    let borrowers: BTreeSet<usize> = borrowed.iter().map(|(feed, ..)| *feed).collect();
    for (feed, document, from) in borrowed {
        let lender = feeds.iter().position(|lender| lender.key == *from.get_ref());
        let reason = match lender {
            None => format!("there is no feed `{}`", from.get_ref()),
            Some(lender) if borrowers.contains(&lender) => {
                format!("feed `{}` has no call types of its own to share", from.get_ref())
            }
            Some(lender) => {
                // What the borrower says itself stands.
                let mut shared = feeds[lender].call_types.clone();
                shared.append(&mut feeds[feed].call_types);
                feeds[feed].call_types = shared;
                continue;
            }
        };
        return Err(document.wrong(&from, reason));
    }
    Ok(feeds)
}

fn connection(
    document: Document<'_>,
    kind: FeedKind,
    connection: Option<Spanned<Connection>>,
) -> Result<Option<Connection>, PresetError> {
    let Some(connection) = connection else { return Ok(None) };
    let scheme = connection.get_ref().url.url().scheme();
    let fits = match kind {
        FeedKind::Soda | FeedKind::Arcgis => matches!(scheme, "http" | "https"),
        FeedKind::Csv => matches!(scheme, "file" | "s3"),
        FeedKind::Push => false,
    };
    if !fits {
        let reason = "portals (SODA, ARCGIS) are at http or https, files (CSV) at file or s3, and what is pushed is fetched \
                      from nowhere";
        return Err(document.wrong(&connection, reason));
    }
    Ok(Some(connection.into_inner()))
}

fn call_types(
    document: Document<'_>,
    listed: BTreeMap<CallCategory, Vec<Spanned<String>>>,
) -> Result<BTreeMap<String, CallCategory>, PresetError> {
    let mut types = BTreeMap::new();
    for (category, listed) in listed {
        for call_type in listed {
            let key = key_of(call_type.get_ref());
            if category == CallCategory::Unmapped {
                let reason = format!("leave `{key}` out: what is not listed is unmapped");
                return Err(document.wrong(&call_type, reason));
            }
            if key.is_empty() {
                return Err(document.wrong(&call_type, "a call type must not be blank"));
            }
            if key != *call_type.get_ref() {
                let reason = format!("write `{key}`: types are compared in upper case, white space folded");
                return Err(document.wrong(&call_type, reason));
            }
            if types.insert(key, category).is_some() {
                let reason = format!("the call type `{}` is listed twice", call_type.get_ref());
                return Err(document.wrong(&call_type, reason));
            }
        }
    }
    Ok(types)
}
