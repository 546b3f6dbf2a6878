import ComplianceEngine
import EndpointCatalogue
import JSONTree
import PolicyModel

/// The report for machines (`sallyport.audit/1`), described by a JSON Schema in `Schema/`.
package enum JSONReport {
  package static let schema = "sallyport.audit/1"

  package static func write(_ report: AuditReport, pretty: Bool = true) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.object { writer in
      writer.member("schema", schema)
      writer.member("program", report.program)
      writer.member("generated_at", report.generatedAt)
      writer.key("catalogue")
      Self.write(
        &writer, report.catalogue,
        confirmedOn: report.sites.first { $0.catalogue == report.catalogue }?.listConfirmedOn)
      writer.member("summary") { Self.write(&$0, report.summary) }
      writer.member("sites", each: report.sites) { Self.write(&$0, $1, report) }
      writer.member("unjudged", each: report.unjudged) { writer, site in
        writer.object { writer in
          writer.member("site", site.site)
          writer.member("kind", site.kind.rawValue)
          writer.member("reason", site.reason)
        }
      }
      writer.member("seal", report.seal)
    }
    return writer.bytes + [0x0A]
  }

  private static func write(
    _ writer: inout JSONWriter, _ catalogue: Catalogue, confirmedOn: String?
  ) {
    writer.object { writer in
      writer.member("id", catalogue.id)
      writer.member("version", catalogue.version)
      if let confirmedOn { writer.member("confirmed_on", confirmedOn) }
    }
  }

  private static func write(_ writer: inout JSONWriter, _ snapshot: SnapshotReport) {
    writer.object { writer in
      writer.member("sha256", snapshot.sha256)
      writer.member("taken_at", snapshot.takenAt)
      writer.member("rules", snapshot.rules)
    }
  }

  private static func write(_ writer: inout JSONWriter, _ counts: VerdictCounts) {
    for verdict in Verdict.allCases { writer.member(verdict.rawValue, counts[verdict]) }
    writer.member("waived", counts.waived)
  }

  private static func write(
    _ writer: inout JSONWriter, _ site: SiteReport, _ report: AuditReport
  ) {
    writer.object { writer in
      writer.member("site", site.site)
      writer.member("device", site.device)
      writer.member("scope", site.scope)
      writer.member("format", site.format)
      writer.member("client") { writer in
        writer.member("traffic", site.client.traffic.rawValue)
        writer.member("family", site.client.family)
        writer.member("zones", site.client.zones)
        writer.member("networks", site.client.networks)
        writer.member("note", site.client.note)
      }
      if site.catalogue != report.catalogue {
        writer.key("catalogue")
        Self.write(&writer, site.catalogue, confirmedOn: site.listConfirmedOn)
      }
      writer.key("snapshot")
      Self.write(&writer, site.snapshot)
      if site.isSeries {
        writer.member("devices", each: site.devices) { writer, device in
          writer.object { writer in
            writer.member("device", device.device)
            writer.member("scope", device.scope)
            writer.member("format", device.format)
            writer.key("snapshot")
            Self.write(&writer, device.snapshot)
          }
        }
      }
      writer.member("summary") { Self.write(&$0, site.summary) }
      writer.member("results", each: site.shownResults) { Self.write(&$0, $1, site) }
      writer.member("findings", each: site.findings) { Self.write(&$0, $1, site) }
      writer.member("diagnostics", each: site.diagnostics) { writer, diagnostic in
        writer.object { writer in
          writer.member("kind", diagnostic.kind)
          writer.member("message", diagnostic.text)
          writer.key("position")
          Self.write(&writer, diagnostic.position, file: diagnostic.file)
        }
      }
    }
  }

  private static func write(
    _ writer: inout JSONWriter, _ result: RequirementResult, _ site: SiteReport
  ) {
    let endpoint = site.endpoint(of: result)
    writer.object { writer in
      writer.member("service", endpoint.service)
      writer.member("endpoint", endpoint.text)
      writer.member("host", endpoint.host)
      writer.member("path", endpoint.path)
      writer.member("protocol", endpoint.transport)
      writer.member("port", Int(result.requirement.port))
      writer.member("level", result.requirement.level.rawValue)
      writer.member("verdict", result.verdict.rawValue)
      writer.member("reason", result.reason.rawValue)
      writer.member("deciding", each: result.deciding) { Self.write(&$0, $1) }
      writer.member("blockers", each: result.blockers) { Self.write(&$0, $1) }
      writer.key("near_miss")
      if let near = result.nearMiss { write(&writer, near) } else { writer.null() }
      writer.member("conditions", each: result.conditions) { writer, condition in
        writer.object { writer in
          writer.member("kind", condition.condition.kind.rawValue)
          writer.member("detail", condition.condition.detail)
          writer.member("outcome", condition.outcome)
          writer.key("rule")
          Self.write(&writer, condition.rule)
          writer.key("position")
          Self.write(&writer, condition.position, file: condition.file)
        }
      }
      writer.member("witness") { writer in
        writer.key("allowed")
        Self.write(&writer, result.allowedWitness)
        writer.key("denied")
        Self.write(&writer, result.deniedWitness)
      }
      writer.member("change", result.change?.text)
      write(&writer, site.annotations[result.requirement], site.waiver(of: result))
    }
  }

  /// What only a history knows; left out by `check`.
  private static func write(
    _ writer: inout JSONWriter, _ annotation: ResultAnnotation?, _ waiver: WaiverReport?
  ) {
    guard let annotation else { return }
    writer.key("waiver")
    if let waiver {
      writer.object { writer in
        writer.member("number", Int(waiver.number))
        writer.member("reason", waiver.reason)
        writer.member("approver", waiver.approver)
        writer.member("ends", waiver.ends)
        writer.member("accepted_at", waiver.accepted)
      }
    } else {
      writer.null()
    }
    writer.member("since", annotation.since)
    writer.member("previous", annotation.previous)
    writer.member("cause", annotation.cause)
  }

  private static func write(
    _ writer: inout JSONWriter, _ finding: Finding, _ site: SiteReport
  ) {
    writer.object { writer in
      writer.member("id", finding.id.rawValue)
      writer.member("severity", finding.severity.rawValue)
      writer.member("message", finding.message)
      writer.key("rule")
      if let rule = finding.rule { write(&writer, rule) } else { writer.null() }
      writer.member("endpoints", finding.endpoints.map { site.catalogue.endpoints[$0].text })
      writer.key("position")
      write(&writer, finding.position, file: finding.file)
    }
  }

  private static func write(_ writer: inout JSONWriter, _ reference: RuleReference) {
    writer.object { writer in
      writer.member("device", reference.device)
      writer.member("table", reference.table)
      writer.member("rule", reference.rule)
      writer.member("ordinal", reference.ordinal)
      writer.member("action", reference.action)
      writer.key("position")
      write(&writer, reference.position, file: reference.file)
    }
  }

  private static func write(
    _ writer: inout JSONWriter, _ position: SourcePosition?, file: String
  ) {
    guard let position else { return writer.null() }
    writer.object { writer in
      writer.member("file", file)
      writer.member("line", position.line > 0 ? position.line : nil)
      writer.member("pointer", position.pointer)
    }
  }

  private static func write(_ writer: inout JSONWriter, _ witness: Witness?) {
    guard let witness else { return writer.null() }
    writer.object { writer in
      writer.member("host", witness.host)
      writer.member("path", witness.path)
      writer.member("port", Int(witness.port))
      writer.member("client", witness.client)
      writer.member("from_zone", witness.fromZone)
      writer.member("to_zone", witness.toZone)
    }
  }
}
