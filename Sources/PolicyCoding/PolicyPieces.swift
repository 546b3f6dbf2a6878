import JSONTree
import NetworkSets
import PolicyModel

/// A policy taken apart into what is worth keeping once and what differs from export to export.
///
/// Content (header, objects, rules) is neutral JSON without positions; equal content gives equal
/// bytes. Places (positions and vendor ids) are listed in the order in which content stands: zones,
/// table defaults, notes, endpoint objects, service objects, rules.
package struct PolicyPieces: Sendable {
  package struct Place: Hashable, Sendable {
    package var position: SourcePosition?
    package var vendorID: String?

    package init(position: SourcePosition?, vendorID: String? = nil) {
      self.position = position
      self.vendorID = vendorID
    }
  }

  package var header: [UInt8]
  package var endpointObjects: [[UInt8]]
  package var serviceObjects: [[UInt8]]
  /// One list a table.
  package var rules: [[[UInt8]]]
  package var places: [Place]

  package init(_ policy: Policy) {
    let writer = PolicyWriter(policy)
    header = writer.header()
    endpointObjects = ParallelMap.map(policy.endpointObjects) { writer.contents(of: $0) }
    serviceObjects = ParallelMap.map(policy.serviceObjects) { writer.contents(of: $0) }
    rules = policy.tables.map { table in
      ParallelMap.map(table.rules) { writer.contents(of: $0) }
    }
    places = policy.zones.map { Place(position: $0.position) }
    places += policy.tables.map { Place(position: $0.defaultAction.position) }
    places += policy.notes.map { Place(position: $0.position) }
    places += policy.endpointObjects.map { Place(position: $0.position) }
    places += policy.serviceObjects.map { Place(position: $0.position) }
    for table in policy.tables {
      places += table.rules.map { Place(position: $0.position, vendorID: $0.vendorID) }
    }
  }

  package init(
    header: [UInt8], endpointObjects: [[UInt8]], serviceObjects: [[UInt8]], rules: [[[UInt8]]],
    places: [Place]
  ) {
    self.header = header
    self.endpointObjects = endpointObjects
    self.serviceObjects = serviceObjects
    self.rules = rules
    self.places = places
  }

  /// The policy again, exactly as it was taken apart.
  ///
  /// - Parameter files: the names that positions count.
  package func policy(files: [String]) throws -> Policy {
    var policy = try Self.header(header)
    policy.files = files
    let objects = try DecodedObjects(
      endpointObjects: endpointObjects, serviceObjects: serviceObjects)
    policy.endpointObjects = objects.endpointObjects
    policy.serviceObjects = objects.serviceObjects
    for (index, list) in rules.enumerated() where policy.tables.indices.contains(index) {
      policy.tables[index].rules = try objects.rules(list)
    }
    Self.attach(places, to: &policy)
    return policy
  }

  /// Everything but objects and rules, without places.
  package static func header(_ body: [UInt8]) throws -> Policy {
    var reader = PolicyReader()
    return try reader.header(try JSONTree(body).root)
  }

  static func parse(_ bodies: [[UInt8]]) throws -> [JSONValue] {
    guard !bodies.isEmpty else { return [] }
    var text: [UInt8] = [0x5B]
    text.reserveCapacity(bodies.reduce(2) { $0 + $1.count + 1 })
    for (index, body) in bodies.enumerated() {
      if index > 0 { text.append(0x2C) }
      text += body
    }
    text.append(0x5D)
    return Array(try JSONTree(text).root.elements)
  }

  /// Puts everything of a policy where it stood.
  package static func attach(_ places: [Place], to policy: inout Policy) {
    var next = 0
    func take() -> Place? {
      defer { next += 1 }
      return places.indices.contains(next) ? places[next] : nil
    }
    for index in policy.zones.indices { policy.zones[index].position = take()?.position }
    for index in policy.tables.indices {
      policy.tables[index].defaultAction.position = take()?.position
    }
    for index in policy.notes.indices { policy.notes[index].position = take()?.position }
    for index in policy.endpointObjects.indices {
      policy.endpointObjects[index].position = take()?.position
    }
    for index in policy.serviceObjects.indices {
      policy.serviceObjects[index].position = take()?.position
    }
    for table in policy.tables.indices {
      for rule in policy.tables[table].rules.indices {
        let place = take()
        policy.tables[table].rules[rule].position = place?.position ?? SourcePosition(line: 0)
        policy.tables[table].rules[rule].vendorID = place?.vendorID
      }
    }
  }
}
