//! What the program tells about itself while it runs: its log, and traces where a collector is named.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::Config,
    error::{Error, Result},
    feeds::install_cryptography,
};

/// The traces that are on their way; the last ones are sent at the end.
pub struct Telemetry(Option<SdkTracerProvider>);

/// Begins to log, for people or for machines, and to send traces when the settings name a collector.
pub fn begin(config: &Config) -> Result<Telemetry> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| Error::BadInput(format!("`JFN_LOG` cannot be read: {error}.")))?;
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = if config.production { log.json().boxed() } else { log.boxed() };
    let provider =
        config.otlp_endpoint.as_deref().map(|to| provider(to, &config.otlp_service)).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        // Only our own spans: those of libraries may hold what clients sent.
        let ours = EnvFilter::new("off,api=info");
        tracing_opentelemetry::layer().with_tracer(provider.tracer("jfn")).with_filter(ours)
    });
    let begun = tracing_subscriber::registry().with(log.with_filter(filter)).with(traces).try_init();
    begun.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Telemetry(provider))
}

fn provider(endpoint: &str, service: &str) -> Result<SdkTracerProvider> {
    install_cryptography();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build();
    // What the library says quotes the address, which may hold a key.
    let exporter = exporter.map_err(|_| {
        Error::BadInput("`OTEL_EXPORTER_OTLP_ENDPOINT` must read like http://collector:4318.".to_owned())
    })?;
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

impl Telemetry {
    /// Sends what is left.
    pub fn end(self) {
        if let Some(provider) = self.0
            && provider.shutdown().is_err()
        {
            tracing::warn!("the last traces could not be sent");
        }
    }
}
