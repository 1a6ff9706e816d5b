//! Pages of HTML as a browser gets them, read by a parser of HTML.

use reqwest::{Method, StatusCode, header::HeaderMap};
use scraper::{Html, Selector};

use crate::Client;

/// An answer of the server that is a page.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Page {
    /// What the client gets at that address.
    pub async fn get(client: &Client, url: &str) -> Self {
        let answer = client.request(Method::GET, url).send().await.expect("the server answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        Self { status, headers, bytes: answer.bytes().await.expect("a body").to_vec() }
    }

    /// The page, which must be there.
    pub async fn shown(client: &Client, url: &str) -> Self {
        let page = Self::get(client, url).await;
        assert_eq!(page.status, StatusCode::OK, "{url}: {}", page.html());
        page
    }

    #[must_use]
    pub fn html(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("UTF-8")
    }

    /// The text of every element that the selector finds, without needless space.
    #[must_use]
    pub fn all(&self, selector: &str) -> Vec<String> {
        let page = Html::parse_document(&self.html());
        let selector = Selector::parse(selector).expect("a selector");
        let text = |found: scraper::ElementRef<'_>| {
            found.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        page.select(&selector).map(text).collect()
    }

    /// The text of the one element that the selector finds.
    #[must_use]
    pub fn one(&self, selector: &str) -> String {
        let found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector} in {}", self.html());
        found[0].clone()
    }

    /// Everything that a reader of the page reads.
    #[must_use]
    pub fn text(&self) -> String {
        self.one("body")
    }
}
