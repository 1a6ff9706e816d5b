//! An ArcGIS feature service with one layer.

/// A portal with one layer.
pub struct ArcgisPortal;
