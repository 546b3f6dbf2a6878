/// A named address, host, URL list or group of these, as the export defines it.
///
/// Objects keep their references, so that history can tell the change of a group member from the
/// change of a rule; the engine flattens them.
package struct EndpointObject: Hashable, Sendable {
  /// Unique in the policy: the name, with a prefix such as `shared/` where two places define it.
  package var id: String
  package var name: String
  /// The vendor's word for the kind of object, such as `address-group`.
  package var kind: String
  package var list: EndpointList
  package var position: SourcePosition?

  package init(
    id: String, name: String, kind: String, list: EndpointList, position: SourcePosition?
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.list = list
    self.position = position
  }
}

/// A named service or group of services.
package struct ServiceObject: Hashable, Sendable {
  package var id: String
  package var name: String
  package var kind: String
  package var list: ServiceList
  package var position: SourcePosition?

  package init(
    id: String, name: String, kind: String, list: ServiceList, position: SourcePosition?
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.list = list
    self.position = position
  }
}
