import EndpointCatalogue

/// A firm's own rows beside a publisher's list: `id/local`.
///
/// They are added to whatever edition of the publisher is in force; they can take nothing away.
/// What a firm does without, it waives, with a reason, an approver and an end.
enum LocalAdditions {
  static let suffix = "/local"

  /// The editions of a list with the additions in force, in the order in which they come into force.
  static func applied(_ locals: [Catalogue], to editions: [Catalogue]) -> [Catalogue] {
    guard let first = editions.first, !locals.isEmpty else { return editions }
    let locals = locals.sorted { ($0.effective, $0.version) < ($1.effective, $1.version) }
    let days = Set(editions.map(\.effective) + locals.map { max($0.effective, first.effective) })
    return days.sorted().compactMap { day in
      guard let edition = editions.last(where: { $0.effective <= day }) else { return nil }
      guard let local = locals.last(where: { $0.effective <= day }) else { return edition }
      return merged(edition, local, effective: day)
    }
  }

  /// The rows and ports that an edition does not ask for.
  static func additions(of local: Catalogue, to edition: Catalogue) -> [Endpoint] {
    var required: [String: Set<UInt16>] = [:]
    for endpoint in edition.endpoints where endpoint.level == .required {
      required[key(endpoint), default: []].formUnion(endpoint.portsRequired)
    }
    return local.endpoints.compactMap { endpoint in
      let known = required[key(endpoint)] ?? []
      var addition = endpoint
      addition.portsRequired.removeAll { known.contains($0) }
      addition.portsAdvised.removeAll { known.contains($0) }
      return addition.portsRequired.isEmpty && addition.portsAdvised.isEmpty ? nil : addition
    }
  }

  private static func key(_ endpoint: Endpoint) -> String {
    endpoint.identity.place + " " + endpoint.transport
  }

  private static func merged(
    _ edition: Catalogue, _ local: Catalogue, effective: String
  ) -> Catalogue {
    var result = edition
    result.version = "\(edition.version)+local.\(local.version)"
    result.effective = effective
    result.endpoints += additions(of: local, to: edition)
    result.services += local.services.filter { edition.service($0.id) == nil }
    return result
  }
}
