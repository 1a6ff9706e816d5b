//! Which district a point lies in.

use geo::{Intersects, MultiPolygon, Point};

/// The first district whose outline holds the point (WGS 84 degrees), borders included; none when it lies in none.
///
/// The caller's order decides on a common border, so the answer is the same every time.
pub fn of_point<'a, D>(
    outlines: impl IntoIterator<Item = (D, &'a MultiPolygon<f64>)>,
    latitude: f64,
    longitude: f64,
) -> Option<D> {
    let point = Point::new(longitude, latitude);
    outlines.into_iter().find(|(_, outline)| outline.intersects(&point)).map(|(district, _)| district)
}

/// Whether the two numbers are degrees of a place on Earth.
#[must_use]
pub fn is_point(latitude: f64, longitude: f64) -> bool {
    (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
}

#[cfg(test)]
mod tests;
