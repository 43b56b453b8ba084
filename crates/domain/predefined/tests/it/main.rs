//! What a new instance holds, checked against committed files, against the data read by other code, and against what
//! is known of the product.

#[cfg(test)]
mod committed;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod data;
#[cfg(test)]
mod decision_table;
#[cfg(test)]
mod integrity;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod samples;
