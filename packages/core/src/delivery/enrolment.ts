/** What travels in an enrolment, for agents: they may import delivery, and not the farm that defines it. */
export type { EnrolmentAnswer, EnrolmentRequest } from "../farm/Enrolment.ts"
