import Foundation
import Inventory
import Reports

/// Finds the sites that a report cannot vouch for.
struct UnjudgedSites {
  let inventory: InventoryDatabase
  /// The moment that the report speaks of.
  let moment: String
  /// In days; nil for any age.
  let maxAge: Int?

  func find(
    in sites: [SiteRecord], reports: [SiteReport], failures: [(site: String, error: any Error)]
  ) throws -> [UnjudgedSite] {
    let judged = Set(reports.compactMap(\.site))
    let failedImports = try inventory.failedImports(before: moment)
    let oldest = oldestAllowed
    var result: [UnjudgedSite] = []
    for site in sites {
      let name = site.name
      if let failure = failures.first(where: { $0.site == name }) {
        result.append(UnjudgedSite(site: name, kind: .failure, reason: "\(failure.error)"))
      } else if !judged.contains(name) {
        result.append(
          UnjudgedSite(
            site: name, kind: .noExport, reason: "no export that could be judged is stored"))
      }
      if let failed = failedImports[name] {
        result.append(
          UnjudgedSite(
            site: name, kind: .failedImport,
            reason: "the newest import failed at \(failed.at): \(failed.reason)"))
      }
      guard let oldest, judged.contains(name) else { continue }
      for device in try inventory.lastSightings(of: name, before: moment)
      where device.takenAt < oldest {
        result.append(
          UnjudgedSite(
            site: name, kind: .oldExport,
            reason: "the newest export of `\(device.name)` is of \(device.takenAt), more than "
              + "\(maxAge ?? 0) days ago"))
      }
    }
    return result
  }

  private var oldestAllowed: String? {
    guard let maxAge, let date = try? Date(moment, strategy: .iso8601) else { return nil }
    return Moment.text(date.addingTimeInterval(-86_400 * Double(maxAge)))
  }
}
