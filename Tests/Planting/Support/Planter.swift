import ImportKit
import PolicyModel

/// Makes all plants of a sample export.
struct Planter {
  let files: [ExportFile]
  /// What the original is read into, to know which of its objects are rules and objects.
  let policies: [Policy]

  private enum Syntax { case xml, json, text }

  func plants() -> [Plant] {
    var plants: [Plant] = []
    for (number, file) in files.enumerated() {
      guard let syntax = Self.syntax(file.bytes) else { continue }
      let sites: [PlantSite]
      switch syntax {
      case .xml: sites = XMLSites(file.bytes).sites
      case .json: sites = JSONSites(file.bytes).sites
      case .text: sites = TextSites(file.bytes).sites
      }
      let rules = places(
        of: number,
        { policy in
          policy.tables.flatMap { $0.rules }.filter { $0.origin == .written }.map(\.position)
        })
      let objects = places(of: number) { policy in
        policy.endpointObjects.compactMap(\.position) + policy.serviceObjects.compactMap(\.position)
      }
      for site in sites {
        let place = "\(file.name):\(site.line) \(site.path)"
        switch site.role {
        case .value:
          plants.append(plant(.word, place, number, site.range, Self.word(syntax, site)))
          plants.append(
            plant(.marker, place, number, site.range, Self.quoted("{{ planted }}", syntax, site)))
          if let odd = Self.oddType(syntax, site) {
            plants.append(plant(.oddType, place, number, site.outer, odd))
          }
        case .end:
          guard let member = Self.member(syntax, site, file.bytes) else { continue }
          let isMeant = Self.isAt(site, rules) || Self.isAt(site, objects)
          plants.append(
            plant(.member, place, number, site.range, member, isInRuleOrObject: isMeant))
        case .whole:
          guard Self.isAt(site, objects), let gone = Self.removal(syntax, site, file.bytes) else {
            continue
          }
          plants.append(plant(.reference, place, number, gone, ""))
        }
      }
    }
    if files.count > 1 {
      for number in files.indices {
        var rest = files
        let gone = rest.remove(at: number)
        plants.append(
          Plant(kind: .part, place: gone.name, files: rest, isInRuleOrObject: false))
      }
    }
    return plants
  }

  private func plant(
    _ kind: Plant.Kind, _ place: String, _ number: Int, _ range: Range<Int>, _ text: String,
    isInRuleOrObject: Bool = false
  ) -> Plant {
    var files = files
    files[number].bytes.replaceSubrange(range, with: text.utf8)
    return Plant(kind: kind, place: place, files: files, isInRuleOrObject: isInRuleOrObject)
  }

  private static func syntax(_ bytes: [UInt8]) -> Syntax? {
    guard !bytes.contains(0) else { return nil }
    let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    switch first {
    case 0x3C: return .xml
    case 0x7B, 0x5B: return .json
    case nil: return nil
    default: return .text
    }
  }

  // MARK: What is planted

  private static func quoted(_ text: String, _ syntax: Syntax, _ site: PlantSite) -> String {
    // A number or truth value of JSON becomes a text.
    if syntax == .json, site.range == site.outer { return "\"\(text)\"" }
    // A word of a configuration text must stay one word.
    if syntax == .text { return String(text.filter { $0 != " " }) }
    return text
  }

  private static func word(_ syntax: Syntax, _ site: PlantSite) -> String {
    quoted("?planted?", syntax, site)
  }

  private static func oddType(_ syntax: Syntax, _ site: PlantSite) -> String? {
    switch syntax {
    case .json: "{\"planted\": 4242.5}"
    case .xml: site.outer.isEmpty ? nil : "<planted>4242.5</planted>"
    case .text: nil
    }
  }

  private static func member(_ syntax: Syntax, _ site: PlantSite, _ bytes: [UInt8]) -> String? {
    switch syntax {
    case .xml: return "<planted-member>planted</planted-member>"
    case .json:
      // An empty object needs no comma.
      let isEmpty = bytes[site.outer.lowerBound + 1..<site.range.lowerBound].allSatisfy {
        [0x20, 0x09, 0x0A, 0x0D].contains($0)
      }
      return (isEmpty ? "" : ", ") + "\"plantedMember\": \"planted\""
    case .text: return nil
    }
  }

  /// The stretch to take away, with the comma that goes with it; nil where the object is the value
  /// of a member and no element of a list.
  private static func removal(
    _ syntax: Syntax, _ site: PlantSite, _ bytes: [UInt8]
  ) -> Range<Int>? {
    guard syntax == .json else { return site.range }
    func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    var upper = site.range.upperBound
    while upper < bytes.count, isBlank(bytes[upper]) { upper += 1 }
    var lower = site.range.lowerBound
    while lower > 0, isBlank(bytes[lower - 1]) { lower -= 1 }
    guard lower > 0, bytes[lower - 1] == 0x5B || bytes[lower - 1] == 0x2C, upper < bytes.count
    else {
      return nil
    }
    if bytes[upper] == 0x2C { return site.range.lowerBound..<upper + 1 }
    return (bytes[lower - 1] == 0x2C ? lower - 1 : lower)..<site.range.upperBound
  }

  // MARK: Which places are rules and objects

  private struct Place: Hashable {
    let line: Int
    let pointer: String
  }

  private func places(
    of file: Int, _ positions: (Policy) -> [SourcePosition]
  ) -> Set<Place> {
    var result: Set<Place> = []
    for policy in policies {
      for position in positions(policy) where position.file == file {
        let pointer = position.pointer ?? ""
        result.insert(Place(line: pointer.isEmpty ? position.line : 0, pointer: pointer))
      }
    }
    return result
  }

  private static func isAt(_ site: PlantSite, _ places: Set<Place>) -> Bool {
    let pointer = site.pointer
    return places.contains(Place(line: pointer.isEmpty ? site.line : 0, pointer: pointer))
  }
}
