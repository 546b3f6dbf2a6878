import PolicyModel

/// The named objects of a policy while an importer builds it.
///
/// An object's number is given out before its members are read, so that groups may refer to each
/// other in circles without the importer running in one; the engine reports the circle.
package struct ObjectTable {
  package private(set) var endpoints: [EndpointObject] = []
  package private(set) var services: [ServiceObject] = []
  private var endpointNumbers: [String: Int] = [:]
  private var serviceNumbers: [String: Int] = [:]

  /// How many groups may lie in each other. Nobody nests more than a handful; reading a group's
  /// members by recursion must not use up the stack.
  package static let depthLimit = 500
  private var depth = 0

  package init() {}

  /// Goes one group deeper; ``leave()`` ends it. False where ``depthLimit`` is reached: the member is
  /// then a doubt, ``tooDeep(_:)``.
  package mutating func enter() -> Bool {
    guard depth < Self.depthLimit else { return false }
    depth += 1
    return true
  }

  package mutating func leave() { depth -= 1 }

  /// What stands for a member that was not read.
  package static func tooDeep(_ name: String) -> Condition {
    Condition(
      .unresolved, "member `\(name)` lies more than \(depthLimit) groups deep, and was not read")
  }

  package func endpoint(_ id: String) -> Int? { endpointNumbers[id] }

  package func service(_ id: String) -> Int? { serviceNumbers[id] }

  /// Adds an object without members; fill it with ``setEndpoint(_:_:)``.
  package mutating func addEndpoint(
    id: String, name: String, kind: String, position: SourcePosition?
  ) -> Int {
    let number = endpoints.count
    endpoints.append(
      EndpointObject(id: id, name: name, kind: kind, list: EndpointList([]), position: position))
    endpointNumbers[id] = number
    return number
  }

  package mutating func setEndpoint(_ number: Int, _ list: EndpointList) {
    endpoints[number].list = list
  }

  /// Adds a service without members; fill it with ``setService(_:_:)``.
  package mutating func addService(
    id: String, name: String, kind: String, position: SourcePosition?
  ) -> Int {
    let number = services.count
    services.append(
      ServiceObject(id: id, name: name, kind: kind, list: ServiceList([]), position: position))
    serviceNumbers[id] = number
    return number
  }

  package mutating func setService(_ number: Int, _ list: ServiceList) {
    services[number].list = list
  }
}
