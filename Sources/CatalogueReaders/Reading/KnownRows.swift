import EndpointCatalogue
import NetworkSets

/// What the known editions of one list say about single rows.
struct KnownRows {
  /// Services by host and path, over all editions.
  private var services: [String: Set<String>] = [:]
  private var texts: Set<String> = []
  private var names: [String: Set<String>] = [:]
  /// The two last labels of all hosts.
  private(set) var domains: Set<String> = []
  private var wildcards: [(host: HostName, service: String)] = []

  init(_ editions: [Catalogue]) {
    for edition in editions {
      for endpoint in edition.endpoints {
        services[endpoint.identity.place, default: []].insert(endpoint.service)
        texts.insert(endpoint.text)
        domains.insert(Self.domain(endpoint.host))
        if let apex = endpoint.apex, !wildcards.contains(where: { $0.host == apex }) {
          wildcards.append((apex, endpoint.service))
        }
      }
      for service in edition.services {
        for name in service.names.values {
          names[Self.normalised(name), default: []].insert(service.id)
        }
      }
    }
  }

  func services(of place: String) -> Set<String> { services[place] ?? [] }
  func isKnown(_ place: String) -> Bool { services[place] != nil }
  func isPrinted(_ text: String) -> Bool { texts.contains(text) }

  /// The service of that very name; nil where none or several have it.
  func service(named title: String) -> String? {
    let found = names[Self.normalised(title)] ?? []
    return found.count == 1 ? found.first : nil
  }

  /// A service that the title or the hosts remind of; only good for a proposal.
  func likelyService(title: String, hosts: [String]) -> String? {
    let ids = Set(services.values.flatMap { $0 })
    let words = Self.acronyms(title)
    for id in ids.sorted() where words.contains(where: { id == $0 || id.hasPrefix($0 + "-") }) {
      return id
    }
    for host in hosts {
      guard let name = HostName(host.hasPrefix("*.") ? host.dropFirst(2) : host[...]) else {
        continue
      }
      if let wildcard = wildcards.first(where: { name.isSubdomain(of: $0.host) }) {
        return wildcard.service
      }
    }
    return nil
  }

  /// Words in parentheses in Latin capitals, which translators leave alone, in lower case.
  private static func acronyms(_ title: String) -> [String] {
    title.split { !$0.isASCII || !$0.isLetter }
      .filter { $0.count > 1 && $0.allSatisfy { $0.isUppercase } }.map { $0.lowercased() }
  }

  private static func normalised(_ name: String) -> String {
    String(name.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic })
  }

  static func domain(_ host: String) -> String {
    host.lowercased().split(separator: ".").suffix(2).joined(separator: ".")
  }

  /// A known domain that the eye may take this one for; nil for known domains and for others.
  func lookAlike(of host: String) -> String? {
    let domain = Self.domain(host)
    guard !domains.contains(domain) else { return nil }
    let skeleton = Self.skeleton(domain)
    return domains.sorted().first { known in
      Self.skeleton(known) == skeleton || Self.distanceIsOne(domain, known)
    }
  }

  /// The name with what looks alike made equal: `rn` and `m`, `0` and `o`, `1` and `l`.
  private static func skeleton(_ text: String) -> String {
    var result = ""
    for scalar in text.lowercased().unicodeScalars {
      switch scalar {
      case "0": result += "o"
      case "1", "i", "|": result += "l"
      case "5": result += "s"
      case "v" where result.hasSuffix("v"):
        result.removeLast()
        result += "w"
      case "n" where result.hasSuffix("r"):
        result.removeLast()
        result += "m"
      case "-", "_": continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether one letter was added, left out or changed, or two were swapped.
  private static func distanceIsOne(_ left: String, _ right: String) -> Bool {
    let a = Array(left.utf8)
    let b = Array(right.utf8)
    guard abs(a.count - b.count) <= 1, min(a.count, b.count) > 5 else { return false }
    var start = 0
    while start < min(a.count, b.count), a[start] == b[start] { start += 1 }
    var end = 0
    while end < min(a.count, b.count) - start, a[a.count - 1 - end] == b[b.count - 1 - end] {
      end += 1
    }
    let restA = Array(a[start..<a.count - end])
    let restB = Array(b[start..<b.count - end])
    return max(restA.count, restB.count) <= 1 || restA.count == 2 && restA == restB.reversed()
  }
}
