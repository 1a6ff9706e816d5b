//! A person or program that talks to the server over HTTP.

use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, COOKIE, SET_COOKIE},
};
use serde_json::{Value, json};

/// One client; it keeps its session cookie as a browser would.
#[derive(Clone)]
pub struct Client {
    url: String,
    http: reqwest::Client,
    cookie: Option<String>,
    token: Option<String>,
}

impl Client {
    #[must_use]
    pub fn new(url: &str) -> Self {
        // The first client of the process says whose cryptography is used; the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { url: url.to_owned(), http: reqwest::Client::new(), cookie: None, token: None }
    }

    /// The same client with a bearer token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same client with that session cookie, as a browser keeps it.
    #[must_use]
    pub fn with_cookie(mut self, cookie: &str) -> Self {
        self.cookie = Some(cookie.to_owned());
        self
    }

    /// Its session cookie, name and value, if it has one.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// The same client, before another address of the same city.
    #[must_use]
    pub fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// The same client over connections of its own.
    #[must_use]
    pub fn afresh(mut self) -> Self {
        self.http = reqwest::Client::new();
        self
    }

    /// Its token, if it has one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Where its server is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Signs in; the sign-in must be accepted.
    pub async fn sign_in(&mut self, email: &str, password: &str) {
        let response = self.post("/auth/login", &json!({ "email": email, "password": password })).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{email} signs in");
        let cookie = response.headers()[SET_COOKIE].to_str().expect("a cookie of ASCII");
        self.cookie = cookie.split(';').next().map(str::to_owned);
    }

    /// Any POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        self.request(reqwest::Method::POST, path).json(body).send().await.expect("the server answers")
    }

    /// Any request, with this client's cookie or token.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request
    }

    /// The whole answer to a GraphQL request, errors and all.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let response = self.post("/graphql", &body).await;
        response.json().await.expect("an answer of JSON")
    }

    /// The data of a GraphQL request, which must have no errors.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(query, variables).await;
        assert!(answer.get("errors").is_none(), "no errors in the answer to {query}: {answer:#}");
        answer["data"].take()
    }

    /// The payload of a mutation with one `input`; `fields` is what to select of the payload beside `userErrors`.
    /// An `idempotencyKey` is made for an input whose type wants one and that brings none.
    pub async fn change(&self, mutation: &str, fields: &str, input: Value) -> Value {
        let mut name = mutation.to_owned();
        name.replace_range(..1, &mutation[..1].to_uppercase());
        let query = format!(
            "mutation ($input: {name}Input!) {{ {mutation}(input: $input) \
             {{ {fields} userErrors {{ code message field }} }} }}"
        );
        self.ask(&query, json!({ "input": input })).await[mutation].take()
    }

    /// The same, and nothing may have been refused.
    pub async fn done(&self, mutation: &str, fields: &str, input: Value) -> Value {
        let payload = self.change(mutation, fields, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation} is not refused");
        payload
    }

    /// The code of the only refusal of a mutation that must be refused.
    pub async fn refused(&self, mutation: &str, fields: &str, input: Value) -> String {
        let payload = self.change(mutation, fields, input).await;
        let errors = payload["userErrors"].as_array().expect("a list").clone();
        assert_eq!(errors.len(), 1, "{mutation} has one refusal: {payload:#}");
        assert!(!errors[0]["message"].as_str().unwrap_or_default().is_empty(), "a refusal says what to do");
        errors[0]["code"].as_str().expect("a code").to_owned()
    }

    /// The code of the top-level error of a request that must fail.
    pub async fn error_of(&self, query: &str, variables: Value) -> String {
        let answer = self.answer(query, variables).await;
        let error = &answer["errors"][0];
        assert!(error["extensions"]["requestId"].is_string(), "an error names its request: {answer:#}");
        error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("a code: {answer:#}")).to_owned()
    }
}

/// A fresh idempotency key.
#[must_use]
pub fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}
