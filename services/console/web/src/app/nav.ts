import BookOpen from 'lucide-react/icons/book-open'
import ChartColumn from 'lucide-react/icons/chart-column'
import MessageSquareText from 'lucide-react/icons/message-square-text'
import MessagesSquare from 'lucide-react/icons/messages-square'
import ScrollText from 'lucide-react/icons/scroll-text'
import Settings from 'lucide-react/icons/settings'
import ShieldCheck from 'lucide-react/icons/shield-check'
import UserCog from 'lucide-react/icons/user-cog'
import Users from 'lucide-react/icons/users'
import type { ComponentType } from 'react'

export interface NavEntry {
  /** The route, with its parameters as `$name`. */
  to: string
  /** Key of its name in `app.json`. */
  label: string
  icon: ComponentType<{ size?: number }>
  /** Only for admins. */
  admin?: boolean
  /** Only for owners of the course, and admins. */
  owner?: boolean
}

/** The menu outside of a course. */
export const MAIN_NAV: NavEntry[] = [
  { to: '/courses', label: 'app:nav.courses', icon: BookOpen },
  { to: '/staff', label: 'app:nav.staff', icon: UserCog, admin: true },
  { to: '/audit', label: 'app:nav.audit', icon: ScrollText, admin: true },
]

/** The pages of a course, in the order of the menu; `to` begins with `/courses/$course`. One line an area. */
export const COURSE_NAV: NavEntry[] = [
  { to: '/courses/$course/use', label: 'app:nav.use', icon: ChartColumn },
  { to: '/courses/$course/conversations', label: 'app:nav.conversations', icon: MessagesSquare },
  { to: '/courses/$course/students', label: 'app:nav.students', icon: Users },
  { to: '/courses/$course/prompts', label: 'app:nav.prompts', icon: MessageSquareText },
  { to: '/courses/$course/rules', label: 'app:nav.rules', icon: ShieldCheck },
  { to: '/courses/$course/staff', label: 'app:nav.staff', icon: UserCog },
  { to: '/courses/$course/audit', label: 'app:nav.audit', icon: ScrollText, owner: true },
  { to: '/courses/$course/settings', label: 'app:nav.settings', icon: Settings },
]
