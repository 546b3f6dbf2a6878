import CatalogueReaders
import EndpointCatalogue

/// Which list a site goes by, and which rows of it are about this site.
///
/// Kept as one text with the site: `LIST;platform=Windows;geography=EU`, the list left out for the
/// default one.
package struct ListProfile: Hashable, Sendable {
  /// A list, or one edition for all time; nil for the default.
  package var reference: String?
  package var platform: String?
  package var geography: String?
  package var cloud: String?
  /// Whether Defender for Endpoint is in use, so that its own list applies.
  package var usesDefenderForEndpoint = false

  package init() {}

  /// Reads the text that is kept with a site; what is not known in it is part of the name.
  package init(_ text: String?) {
    guard let text else { return }
    let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
    reference = parts[0].isEmpty ? nil : parts[0]
    for part in parts.dropFirst() {
      guard let equals = part.firstIndex(of: "=") else { continue }
      let value = String(part[part.index(after: equals)...])
      switch part[..<equals] {
      case "platform": platform = value
      case "geography": geography = value
      case "cloud": cloud = value
      case "defender-for-endpoint": usesDefenderForEndpoint = value == "yes"
      default: continue
      }
    }
  }

  /// As kept with a site; nil where nothing is set.
  package var text: String? {
    var parts = [reference ?? ""]
    if let platform { parts.append("platform=\(platform)") }
    if let geography { parts.append("geography=\(geography)") }
    if let cloud { parts.append("cloud=\(cloud)") }
    if usesDefenderForEndpoint { parts.append("defender-for-endpoint=yes") }
    return parts == [""] ? nil : parts.joined(separator: ";")
  }

  /// For people.
  package var description: String {
    var parts = [reference ?? "\(CatalogueLibrary.defaultID), the edition in force"]
    if let platform { parts.append("platform \(platform)") }
    if let geography { parts.append("geography \(geography)") }
    if let cloud { parts.append("cloud \(cloud)") }
    if usesDefenderForEndpoint { parts.append("Defender for Endpoint in use") }
    return parts.joined(separator: ", ")
  }

  /// Lists that apply where Defender for Endpoint is in use are named so.
  static let endpointListPrefix = "defender-endpoint"

  /// The list that applies, among those at hand.
  func list(in library: CatalogueLibrary) -> String? {
    guard reference == nil, usesDefenderForEndpoint else { return reference }
    return library.catalogues.last { $0.id.hasPrefix(Self.endpointListPrefix) }?.id
  }

  /// What a report must say about the list.
  func remark(in library: CatalogueLibrary) -> String? {
    guard usesDefenderForEndpoint, reference == nil else { return nil }
    if let list = list(in: library) {
      return "Defender for Endpoint is in use: the list `\(list)` applies, not "
        + "`\(CatalogueLibrary.defaultID)`"
    }
    return "Defender for Endpoint is in use and its list is not at hand: judged by "
      + "`\(CatalogueLibrary.defaultID)`, which speaks of Defender Antivirus alone; import the list "
      + "of Defender for Endpoint as `\(Self.endpointListPrefix)-…`"
  }

  // MARK: Rows

  /// Why a row is not about this site; nil where it is, and where that cannot be told.
  package func reasonToLeaveOut(_ endpoint: Endpoint) -> String? {
    if let platform, let text = endpoint.platform, !Self.includes(text, platform) {
      return "for \(text), not \(platform)"
    }
    if let geography, let text = endpoint.geography, !Self.includes(text, geography) {
      return "for \(text), not \(geography)"
    }
    if let cloud, let text = endpoint.cloud, !Self.includes(text, cloud) {
      return "for the cloud \(text), not \(cloud)"
    }
    return nil
  }

  /// Words that mean every platform or geography.
  private static let everywhere: Set<String> = ["all", "any", "ww", "worldwide", "global"]

  private static func includes(_ text: String, _ wanted: String) -> Bool {
    let words = text.lowercased().split { "/,;&+ ".contains($0) }.map(String.init)
    if words.contains(where: { everywhere.contains($0) }) { return true }
    let lower = wanted.lowercased()
    if text.lowercased() == lower { return true }
    return words.contains { $0 == lower || lower.hasPrefix($0) && $0 == "mac" }
  }

  func applied(to edition: Catalogue) -> Catalogue {
    guard platform != nil || geography != nil || cloud != nil else { return edition }
    var result = edition
    result.endpoints.removeAll { reasonToLeaveOut($0) != nil }
    return result
  }

  /// The rows that are left out, with the reason.
  func leftOut(of edition: Catalogue) -> [String] {
    edition.endpoints.compactMap { endpoint in
      reasonToLeaveOut(endpoint).map { "\(endpoint.text) (\(endpoint.service)): \($0)" }
    }
  }
}
