import PolicyModel

/// The objects of a policy, read from their pieces, without places; rules refer to them by number.
package struct DecodedObjects: Sendable {
  package let endpointObjects: [EndpointObject]
  package let serviceObjects: [ServiceObject]
  private let reader: PolicyReader

  package init(endpointObjects: [[UInt8]], serviceObjects: [[UInt8]]) throws {
    var reader = PolicyReader()
    let endpoints = try PolicyPieces.parse(endpointObjects)
    let services = try PolicyPieces.parse(serviceObjects)
    try reader.declare(endpointObjects: endpoints, serviceObjects: services)
    var endpointObjects: [EndpointObject] = []
    var serviceObjects: [ServiceObject] = []
    for value in endpoints { endpointObjects.append(try reader.endpointObject(value)) }
    for value in services { serviceObjects.append(try reader.serviceObject(value)) }
    self.endpointObjects = endpointObjects
    self.serviceObjects = serviceObjects
    self.reader = reader
  }

  /// Rules that refer to these objects, without places.
  package func rules(_ bodies: [[UInt8]]) throws -> [Rule] {
    var rules: [Rule] = []
    rules.reserveCapacity(bodies.count)
    for value in try PolicyPieces.parse(bodies) { rules.append(try reader.rule(value)) }
    return rules
  }
}
