import PolicyModel

/// Tells by which zone the Internet is reached, and proposes the other zones as clients.
package struct OutsideZone {
  private let routed: Set<String>
  private let translated: Set<String>
  private let onwards: Set<String>

  /// - Parameters:
  ///   - routed: zones by which a default route leaves.
  ///   - translated: zones towards which source addresses are translated.
  ///   - onwards: zones that lead on to another virtual system of the same device.
  package init(routed: Set<String>, translated: Set<String>, onwards: Set<String> = []) {
    self.routed = routed
    self.translated = translated
    self.onwards = onwards
  }

  /// A proposal for each zone that clients may sit in; marks the zone that leads to the Internet.
  package func proposals(for zones: inout [Zone]) -> [ClientProposal] {
    guard !zones.isEmpty else {
      return [
        ClientProposal(
          client: Client(), reason: "the export has no zones; judged between two different zones")
      ]
    }
    let (internet, why) = find(in: zones)
    if let internet, let index = zones.firstIndex(where: { $0.name == internet }) {
      zones[index].leadsToInternet = true
    }
    let inside = zones.filter { $0.name != internet && !onwards.contains($0.name) }
    let sources = inside.isEmpty ? zones : inside
    return sources.map { zone in
      let target = internet ?? sources.first { $0.name != zone.name }?.name ?? zone.name
      return ClientProposal(
        client: Client(fromZone: zone.name, toZone: target, networks: zone.networks),
        reason: internet == nil ? why : "`\(target)` leads to the Internet: \(why)")
    }
  }

  /// The zone for which most speaks of a default route, source translation and its name, in this
  /// order; what speaks for it, or why there is none.
  private func find(in zones: [Zone]) -> (String?, String) {
    var best: (zone: String, score: Int, why: [String])?
    for zone in zones {
      var score = 0
      var why: [String] = []
      if routed.contains(zone.name) {
        score += 4
        why.append("a default route leaves there")
      }
      if translated.contains(zone.name) {
        score += 3
        why.append("source addresses are translated there")
      }
      if Self.words.contains(where: { zone.name.lowercased().contains($0) }) {
        score += 2
        why.append("its name")
      }
      if onwards.contains(zone.name) {
        score += 1
        why.append("it leads on to another virtual system")
      }
      if score > best?.score ?? 0 { best = (zone.name, score, why) }
    }
    guard let best else {
      return (nil, "the export does not show which zone leads to the Internet")
    }
    return (best.zone, best.why.joined(separator: ", "))
  }

  private static let words = ["untrust", "internet", "outside", "external", "wan", "public"]
}
