import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import Inventory
import Reports

extension FleetAudit {
  /// Says when the list of a report was last known to be what the publisher says, and finds lists
  /// of a publisher that nobody has looked after for long.
  func addConfirmation(
    to report: inout SiteReport, _ confirmations: [ListConfirmation], at moment: String, limit: Int
  ) {
    let edition = report.catalogue
    let today = String(moment.prefix(10))
    // An edition with additions is confirmed by its publisher's page.
    let reference = edition.reference.split(separator: "+").first.map(String.init) ?? ""
    let days =
      confirmations.filter { $0.edition == reference && $0.on <= today }.map(\.on)
      + [edition.dates["first_seen"]?.from, edition.published].compactMap { $0 }
      .filter { $0 <= today }
    guard let last = days.max() else { return }
    report.listConfirmedOn = last
    // A list that is no longer in force needs no confirmation, and one's own has no publisher.
    let newest = library.catalogues.last { $0.id == edition.id }
    guard newest?.reference == reference, !edition.dates.isEmpty,
      let age = CatalogueDay.days(from: last, to: today), age > limit
    else { return }
    report.findings.append(
      Finding(
        id: .listNotConfirmed, severity: .note,
        message: "the list \(reference) was last known to be current on \(last), \(age) days ago: "
          + "save the published page and give it to `sallyport catalogue import`",
        rule: nil, endpoints: [], position: nil, file: ""))
  }
}
