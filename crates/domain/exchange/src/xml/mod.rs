//! Exports of the Security classes, as the original writes them in XML.
//!
//! ```xml
//! <?xml version="1.0" encoding="UTF-8"?>
//! <RolesExport>
//!   <Roles>
//!     <Name>Nurse</Name>
//!     <Resources>
//!       <Resource><Name>Wards</Name><Permission>3</Permission></Resource>
//!     </Resources>
//!   </Roles>
//! </RolesExport>
//! ```
//!
//! `reader` turns the text into elements within bounds, `encoding` elements into values, `records`, `user` and `sql`
//! those of one element into a record, and `sections` a file into a document. `writer` goes the other way, in the order
//! that `orders` lists.
//!
//! Files of every version are read: elements come and go, so none is required but the name, and what is not known is
//! left aside and told. What makes a file mean more than it shows, a document type, entities, attributes and processing
//! instructions, is refused.

mod encoding;
mod orders;
mod reader;
mod records;
mod sections;
mod sql;
mod user;
mod writer;

pub(crate) use sections::read;
pub(crate) use writer::Writer;
